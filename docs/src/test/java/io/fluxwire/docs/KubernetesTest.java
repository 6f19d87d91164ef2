package io.fluxwire.docs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.fluxwire.observe.FluxwireMeters;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.JSON;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1ContainerPort;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1PodTemplateSpec;
import io.kubernetes.client.openapi.models.V1Probe;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

/**
 * The manifests: against the API of Kubernetes, against each other, and against what they start.
 */
class KubernetesTest {

  private static final String NODE = "deployment/kubernetes/node.yaml";
  private static final String INGEST = "../samples/telemetry/kubernetes.yaml";
  private static final Path ADAPTER = Path.of("deployment/kubernetes/prometheus-adapter.yaml");
  private static final Gson GSON = JSON.getGson();

  /** What a listener takes to drain, and its process to end at the very most. */
  private static final long STOP_SECONDS = 2 + 8;

  /** The objects of one file. */
  private record Manifest(List<Object> objects) {

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

    String option(String name) {
      return container().getArgs().stream()
          .filter(arg -> arg.startsWith(name + "="))
          .map(arg -> arg.substring(name.length() + 1))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no argument is " + name));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "clusterIP: None>clusterIp: None",
        "periodSeconds: 1>periodSeconds: soon",
        "image: fluxwire>picture: fluxwire",
        "kind: Deployment>kind: Deploy",
        "scaleTargetRef:>scaleTarget:",
      })
  void aWrongManifestIsFound(String change) throws IOException {
    String[] parts = change.split(">", -1);
    String manifest = Files.readString(Path.of(NODE));
    assertThat(manifest).contains(parts[0]);
    assertThatThrownBy(() -> Manifest.parse(manifest.replace(parts[0], parts[1])))
        .isInstanceOf(RuntimeException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {NODE, INGEST})
  void everythingIsAboutTheSamePods(String file) throws IOException {
    Manifest manifest = Manifest.of(file);
    assertThat(manifest.all(V1Service.class))
        .isNotEmpty()
        .allSatisfy(
            service -> {
              assertThat(service.getSpec().getSelector()).isEqualTo(manifest.labels());
              for (V1ServicePort port : service.getSpec().getPorts()) {
                assertThat(manifest.port(port.getTargetPort().getStrValue()))
                    .isEqualTo(port.getPort());
              }
            })
        .filteredOn(service -> "None".equals(service.getSpec().getClusterIP()))
        .as("one without an address of its own")
        .hasSize(1);
    V1NetworkPolicy policy = manifest.one(V1NetworkPolicy.class);
    assertThat(policy.getSpec().getPodSelector().getMatchLabels()).isEqualTo(manifest.labels());
    assertThat(policy.getSpec().getIngress())
        .flatExtracting(rule -> rule.getPorts())
        .extracting(port -> port.getPort().getStrValue())
        .allSatisfy(manifest::port);
    assertThat(manifest.one(V1PodDisruptionBudget.class).getSpec().getSelector().getMatchLabels())
        .isEqualTo(manifest.labels());
    V2HorizontalPodAutoscaler autoscaler = manifest.one(V2HorizontalPodAutoscaler.class);
    assertThat(manifest.all(KubernetesObject.class))
        .extracting(KubernetesObject::getKind, object -> object.getMetadata().getName())
        .contains(
            tuple(
                autoscaler.getSpec().getScaleTargetRef().getKind(),
                autoscaler.getSpec().getScaleTargetRef().getName()));
  }

  @ParameterizedTest
  @ValueSource(strings = {NODE, INGEST})
  void theMetricIsOneThatThereIs(String file) throws IOException {
    String metric =
        Manifest.of(file)
            .one(V2HorizontalPodAutoscaler.class)
            .getSpec()
            .getMetrics()
            .get(0)
            .getPods()
            .getMetric()
            .getName();
    assertThat(metric).isEqualTo(FluxwireMeters.CONNECTIONS_ACTIVE.getName().replace('.', '_'));
    assertThat(Files.readString(ADAPTER)).contains("as: " + metric + "\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {NODE, INGEST})
  void whatIsAskedIsOnAPortThatThereIs(String file) throws IOException {
    Manifest manifest = Manifest.of(file);
    V1Container container = manifest.container();
    V1Probe readiness = container.getReadinessProbe();
    assertThat(container.getStartupProbe().getHttpGet()).isEqualTo(readiness.getHttpGet());
    assertThat(container.getLivenessProbe().getHttpGet().getPath())
        .isNotEqualTo(readiness.getHttpGet().getPath());
    int port = manifest.port(readiness.getHttpGet().getPort().getStrValue());
    assertThat(manifest.port(container.getLivenessProbe().getHttpGet().getPort().getStrValue()))
        .isEqualTo(port);
    assertThat(manifest.template().getMetadata().getAnnotations())
        .containsEntry("prometheus.io/port", String.valueOf(port))
        .containsEntry("prometheus.io/scrape", "true");
    long wait = container.getLifecycle().getPreStop().getSleep().getSeconds();
    assertThat(manifest.pod().getTerminationGracePeriodSeconds())
        .isGreaterThan(wait + STOP_SECONDS);
  }

  @ParameterizedTest
  @ValueSource(strings = {NODE, INGEST})
  void nothingMayMoreThanItHasTo(String file) throws IOException {
    Manifest manifest = Manifest.of(file);
    assertThat(manifest.pod().getAutomountServiceAccountToken()).isFalse();
    assertThat(manifest.pod().getSecurityContext())
        .satisfies(
            pod -> {
              assertThat(pod.getRunAsNonRoot()).isTrue();
              assertThat(List.of(pod.getRunAsUser(), pod.getRunAsGroup(), pod.getFsGroup()))
                  .containsOnly(65532L);
              assertThat(pod.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
            });
    assertThat(manifest.container().getSecurityContext())
        .satisfies(
            container -> {
              assertThat(container.getAllowPrivilegeEscalation()).isFalse();
              assertThat(container.getReadOnlyRootFilesystem()).isTrue();
              assertThat(container.getCapabilities().getDrop()).containsExactly("ALL");
            });
    assertThat(manifest.container().getVolumeMounts())
        .as("for native libraries")
        .anySatisfy(mount -> assertThat(mount.getMountPath()).isEqualTo("/tmp"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        NODE + " ../distribution/image/pom.xml ../pom.xml",
        INGEST + " ../samples/telemetry/ingest/pom.xml ../samples/telemetry/pom.xml"
      })
  void theImageIsTheOneThatIsBuilt(String files) throws IOException {
    String[] parts = files.split(" ", -1);
    String pom = Files.readString(Path.of(parts[1]));
    Matcher version =
        Pattern.compile("^ {2}<version>(.*)</version>", Pattern.MULTILINE)
            .matcher(Files.readString(Path.of(parts[2])));
    assertThat(version.find()).isTrue();
    Manifest manifest = Manifest.of(parts[0]);
    assertThat(pom)
        .contains(
            "<image>"
                + manifest.container().getImage().replace(version.group(1), "${project.version}")
                + "</image>")
        .contains("<user>65532:65532</user>");
  }

  @Test
  void theNodesArgumentsAreThoseOfThePorts() throws IOException {
    Manifest node = Manifest.of(NODE);
    assertThat(node.option("--port")).isEqualTo(String.valueOf(node.port("peers")));
    assertThat(node.option("--http")).isEqualTo(String.valueOf(node.port("http")));
    assertThat(node.option("--key"))
        .isEqualTo(node.container().getVolumeMounts().get(0).getMountPath() + "/node.key");
    assertThat(node.pod().getVolumes().get(0).getSecret().getDefaultMode()).isEqualTo(0400);
    assertThat(
            node.one(V2HorizontalPodAutoscaler.class)
                .getSpec()
                .getMetrics()
                .get(0)
                .getPods()
                .getTarget()
                .getAverageValue()
                .getNumber()
                .intValue())
        .isLessThan(Integer.parseInt(node.option("--max-peers")));
  }

  @Test
  void theIngestsArgumentsAreThoseOfThePorts() throws IOException {
    Manifest ingest = Manifest.of(INGEST);
    assertThat(ingest.option("--fluxwire.server.port"))
        .isEqualTo(String.valueOf(ingest.port("peers")));
    assertThat(ingest.option("--management.server.port"))
        .isEqualTo(String.valueOf(ingest.port("management")));
    assertThat(ingest.option("--management.endpoints.web.exposure.include")).contains("prometheus");
  }

  @Test
  void theAdapterCountsAnInstanceWithoutConnectionsAsZero(@TempDir Path folder) throws Exception {
    assumeThat(
            Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(path -> Files.isExecutable(Path.of(path, "promtool"))))
        .as("promtool is installed (Debian's package prometheus)")
        .isTrue();
    Matcher query =
        Pattern.compile("metricsQuery: >-\n(( {8}.*\n)+)").matcher(Files.readString(ADAPTER));
    assertThat(query.find()).isTrue();
    String expression =
        query
            .group(1)
            .replaceAll("\\s+", " ")
            .strip()
            .replace("<<.GroupBy>>", "pod")
            .replace("<<.LabelMatchers>>", "namespace=\"a\",pod=~\"full|idle\"");
    String series = "fluxwire_connections_active{namespace='a',pod='full',direction=";
    Path test =
        Files.writeString(
            folder.resolve("test.yml"),
            """
            tests:
              - input_series:
                  - { series: "%1$s'inbound',aead='none'}", values: "3" }
                  - { series: "%1$s'inbound',aead='aes-128-gcm'}", values: "4" }
                  - { series: "%1$s'outbound',aead='none'}", values: "50" }
                  - { series: "up{namespace='a',pod='full'}", values: "1" }
                  - { series: "up{namespace='a',pod='idle'}", values: "1" }
                  - { series: "up{namespace='a',pod='another'}", values: "1" }
                promql_expr_test:
                  - expr: '%2$s'
                    eval_time: 0m
                    exp_samples:
                      - { labels: '{pod="full"}', value: 7 }
                      - { labels: '{pod="idle"}', value: 0 }
            """
                .formatted(series, expression));
    Process promtool =
        new ProcessBuilder("promtool", "test", "rules", test.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(promtool.getInputStream().readAllBytes(), UTF_8);
    assertThat(promtool.waitFor()).as(said).isZero();
  }
}
