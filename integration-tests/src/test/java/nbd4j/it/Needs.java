// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/** The annotations that put a test class or a test into its {@link Group}s. */
public @interface Needs {
    /** Runs {@link GroupCondition}; only on the annotations below. */
    @ExtendWith(GroupCondition.class)
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.ANNOTATION_TYPE)
    @interface Checked {}

    /** Needs nbdkit on this machine. */
    @Checked
    @Tag("nbdkit")
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.METHOD})
    @interface Nbdkit {}

    /** Needs qemu-nbd, qemu-img and qemu-io on this machine. */
    @Checked
    @Tag("qemu")
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.METHOD})
    @interface Qemu {}

    /** Needs nbd-server on this machine. */
    @Checked
    @Tag("nbd-server")
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.METHOD})
    @interface NbdServer {}

    /** Needs nbdinfo and nbdcopy, the peers, on this machine. */
    @Checked
    @Tag("libnbd")
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.METHOD})
    @interface Libnbd {}

    /** Needs certtool of GnuTLS on this machine. */
    @Checked
    @Tag("gnutls")
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.METHOD})
    @interface Gnutls {}

    /** Needs python3 on this machine. */
    @Checked
    @Tag("python")
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.METHOD})
    @interface Python {}

    /** Needs a Docker engine. */
    @Checked
    @Tag("docker")
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.METHOD})
    @interface Docker {}

    /** Needs newer servers in a root of their own: Debian 13, see {@code .ci/trixie}. */
    @Checked
    @Tag("trixie")
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.METHOD})
    @interface Trixie {}

    /** Needs to be allowed to make network namespaces, with ip. */
    @Checked
    @Tag("netns")
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.METHOD})
    @interface Netns {}

    /** Needs the packaged command. */
    @Checked
    @Tag("launcher")
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.TYPE, ElementType.METHOD})
    @interface Launcher {}
}
