// SPDX-License-Identifier: Apache-2.0
package nbd4j.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * JSON as plain values: maps, lists, strings, {@code Double}, {@code Boolean} and null. For files of results, which are
 * small.
 */
public final class Json {
    private Json() {}

    /** Reads a file that holds one object or array. */
    public static Object read(Path file) throws IOException {
        try (JsonParser json = new JsonFactory().createParser(ObjectReadContext.empty(), file)) {
            return required(value(json, json.nextToken()), file.toString());
        }
    }

    /** Reads a text that holds one object or array. */
    public static Object parse(String text) throws IOException {
        try (JsonParser json = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
            return required(value(json, json.nextToken()), "the text");
        }
    }

    private static @Nullable Object value(JsonParser json, @Nullable JsonToken token) {
        if (token == JsonToken.START_OBJECT) {
            Map<String, @Nullable Object> object = new LinkedHashMap<>();
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                object.put(name, value(json, json.nextToken()));
            }
            return object;
        }
        if (token == JsonToken.START_ARRAY) {
            List<@Nullable Object> array = new ArrayList<>();
            for (JsonToken next = json.nextToken(); next != JsonToken.END_ARRAY; next = json.nextToken()) {
                array.add(value(json, next));
            }
            return array;
        }
        if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
            return json.getDoubleValue();
        }
        if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
            return token == JsonToken.VALUE_TRUE;
        }
        return token == JsonToken.VALUE_NULL ? null : json.getString();
    }

    private static Object required(@Nullable Object value, String where) throws IOException {
        if (value == null) {
            throw new IOException("there is nothing in " + where);
        }
        return value;
    }

    /** Writes a value to a file. Records are not known; numbers are written as Java prints them. */
    public static void write(Path file, Object value) throws IOException {
        try (JsonGenerator json =
                new JsonFactory().createGenerator(ObjectWriteContext.empty(), file, JsonEncoding.UTF8)) {
            write(json, value);
        }
    }

    private static void write(JsonGenerator json, @Nullable Object value) {
        switch (value) {
            case null -> json.writeNull();
            case Map<?, ?> object -> {
                json.writeStartObject();
                object.forEach((name, each) -> {
                    json.writeName(String.valueOf(name));
                    write(json, each);
                });
                json.writeEndObject();
            }
            case List<?> array -> {
                json.writeStartArray();
                array.forEach(each -> write(json, each));
                json.writeEndArray();
            }
            case Integer number -> json.writeNumber(number);
            case Long number -> json.writeNumber(number);
            case Double number -> json.writeNumber(number);
            case Boolean truth -> json.writeBoolean(truth);
            default -> json.writeString(value.toString());
        }
    }

    /** Returns a member of an object, which must be there. */
    public static Object member(Object object, String name) throws IOException {
        Object member = ((Map<?, ?>) object).get(name);
        if (member == null) {
            throw new IOException("there is no '" + name + "' in an object of the results");
        }
        return member;
    }

    /** Returns a member that is a number. */
    public static double number(Object object, String name) throws IOException {
        return (Double) member(object, name);
    }

    /** Returns a member that is a list. */
    public static List<?> list(Object object, String name) throws IOException {
        return (List<?>) member(object, name);
    }

    /** Returns a member that is text. */
    public static String text(Object object, String name) throws IOException {
        return (String) member(object, name);
    }
}
