package io.fluxwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Descriptors.Descriptor;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.fluxwire.proto.PeerProto;
import io.netty.channel.ChannelHandler;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Holds what the jars tell GraalVM against the classes: it takes a name that is wrong in silence.
 */
class NativeImageTest {

  /** What the published schema of the format, 1.2.0, has for a type that is looked up. */
  private static final Set<String> ENTRY =
      Set.of(
          "reason", "condition", "type", "methods", "fields", "allPublicMethods", "jniAccessible");

  /** What protobuf and the curve's library ask for, and is not there on this platform. */
  private static final Set<String> ABSENT =
      Set.of(
          "libcore.io.Memory",
          "org.robolectric.Robolectric",
          "fr.acinq.secp256k1.jni.NativeSecp256k1AndroidLoader");

  /** A method of later JDKs. */
  private static final String LATER = "encodedLength";

  private static JsonNode metadata(String artifact) throws IOException {
    String file = "META-INF/native-image/io.fluxwire/%s/reachability-metadata.json";
    try (InputStream in =
        NativeImageTest.class.getClassLoader().getResourceAsStream(file.formatted(artifact))) {
      assertThat(in).as("the metadata of %s", artifact).isNotNull();
      return new ObjectMapper().readTree(in);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fluxwire-proto", "fluxwire-core", "fluxwire-netty"})
  void everyNameIsOneOfAClass(String artifact) throws Exception {
    JsonNode metadata = metadata(artifact);
    assertThat(metadata.fieldNames()).toIterable().isSubsetOf("reflection", "resources");
    for (JsonNode entry : metadata.get("reflection")) {
      assertThat(entry.fieldNames()).toIterable().isSubsetOf(ENTRY);
      find(entry.get("condition").get("typeReached").asText());
      String name = entry.get("type").asText();
      if (!ABSENT.contains(name)) {
        checkMembers(find(name), entry);
      }
    }
  }

  private static Class<?> find(String name) throws ClassNotFoundException {
    return Class.forName(name, false, NativeImageTest.class.getClassLoader());
  }

  private static void checkMembers(Class<?> type, JsonNode entry) throws Exception {
    for (JsonNode field : entry.path("fields")) {
      assertThat(type.getDeclaredField(field.get("name").asText())).isNotNull();
    }
    for (JsonNode method : entry.path("methods")) {
      String name = method.get("name").asText();
      List<Class<?>> parameters = new ArrayList<>();
      for (JsonNode parameter : method.get("parameterTypes")) {
        parameters.add(find(parameter.asText()));
      }
      Class<?>[] types = parameters.toArray(Class<?>[]::new);
      if (name.equals("<init>")) {
        assertThat(type.getDeclaredConstructor(types)).isNotNull();
      } else if (!name.equals(LATER)) {
        assertThat(type.getDeclaredMethod(name, types)).isNotNull();
      }
    }
  }

  @Test
  void everyPacketIsThereWithItsBuilder() throws IOException {
    Set<String> listed = withAllPublicMethods("fluxwire-proto");
    List<String> packets =
        PeerProto.getDescriptor().getMessageTypes().stream().map(Descriptor::getName).toList();
    assertThat(packets).contains("Pkt");
    assertThat(packets)
        .allSatisfy(
            packet ->
                assertThat(listed)
                    .contains("io.fluxwire.proto." + packet)
                    .contains("io.fluxwire.proto." + packet + "$Builder"));
  }

  @Test
  void everyHandlerOfNettysIsThere() throws IOException {
    List<String> handlers =
        new ClassFileImporter()
            .importPackages("io.fluxwire.netty").stream()
                .filter(type -> type.isAssignableTo(ChannelHandler.class))
                .map(JavaClass::getName)
                .toList();
    assertThat(handlers).isNotEmpty();
    assertThat(withAllPublicMethods("fluxwire-netty")).containsAll(handlers);
  }

  private static Set<String> withAllPublicMethods(String artifact) throws IOException {
    Set<String> types = new HashSet<>();
    for (JsonNode entry : metadata(artifact).get("reflection")) {
      if (entry.path("allPublicMethods").asBoolean()) {
        types.add(entry.get("type").asText());
      }
    }
    return types;
  }
}
