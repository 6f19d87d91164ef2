package io.fluxwire.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.kubernetes.client.custom.IntOrString;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1PodTemplateSpec;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.Yaml;

/** The objects of one file. */
record Manifest(List<Object> objects) {

  private static final Gson GSON = JSON.getGson();

  static Manifest of(String file) throws IOException {
    return parse(Files.readString(Path.of(file)));
  }

  static Manifest parse(String yaml) {
    return new Manifest(
        StreamSupport.stream(new Yaml().loadAll(yaml).spliterator(), false)
            .map(Manifest::checked)
            .toList());
  }

  /** Errors where a field is none of the API's, is missing, or has another type. */
  private static Object checked(Object document) {
    JsonObject json = GSON.toJsonTree(document).getAsJsonObject();
    Class<?> model = modelOf(json);
    try {
      model.getMethod("validateJsonElement", JsonElement.class).invoke(null, json);
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(String.valueOf(e.getCause()), e);
    }
    return GSON.fromJson(json, model);
  }

  private static Class<?> modelOf(JsonObject json) {
    String version = json.get("apiVersion").getAsString();
    version = version.substring(version.indexOf('/') + 1);
    String name = version.replace('v', 'V') + json.get("kind").getAsString();
    try {
      return Class.forName(V1Service.class.getPackageName() + "." + name);
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException("there is no " + name, e);
    }
  }

  <T> List<T> all(Class<T> type) {
    return objects.stream().filter(type::isInstance).map(type::cast).toList();
  }

  <T> T one(Class<T> type) {
    assertThat(all(type)).hasSize(1);
    return all(type).get(0);
  }

  V1PodTemplateSpec template() {
    return Stream.concat(
            all(V1Deployment.class).stream().map(workload -> workload.getSpec().getTemplate()),
            all(V1StatefulSet.class).stream().map(workload -> workload.getSpec().getTemplate()))
        .findFirst()
        .orElseThrow();
  }

  V1PodSpec pod() {
    return template().getSpec();
  }

  V1Container container() {
    assertThat(pod().getContainers()).hasSize(1);
    return pod().getContainers().get(0);
  }

  Map<String, String> labels() {
    return template().getMetadata().getLabels();
  }

  int port(String name) {
    return container().getPorts().stream()
        .filter(port -> port.getName().equals(name))
        .map(V1ContainerPort::getContainerPort)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no port is named " + name));
  }

  List<Integer> ports(V1Service service) {
    return service.getSpec().getPorts().stream().map(V1ServicePort::getPort).toList();
  }

  int port(IntOrString port) {
    return port.isInteger() ? port.getIntValue() : port(port.getStrValue());
  }

  String option(String name) {
    return container().getArgs().stream()
        .filter(arg -> arg.startsWith(name + "="))
        .map(arg -> arg.substring(name.length() + 1))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no argument is " + name));
  }
}
