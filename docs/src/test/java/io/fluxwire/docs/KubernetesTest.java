package io.fluxwire.docs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.fluxwire.observe.FluxwireMeters;
import io.kubernetes.client.common.KubernetesObject;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1LabelSelector;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1NetworkPolicyEgressRule;
import io.kubernetes.client.openapi.models.V1NetworkPolicyPeer;
import io.kubernetes.client.openapi.models.V1NetworkPolicyPort;
import io.kubernetes.client.openapi.models.V1NetworkPolicySpec;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Probe;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1ServicePort;
import io.kubernetes.client.openapi.models.V2HorizontalPodAutoscaler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The manifests: against the API of Kubernetes, against each other, and against what they start.
 */
class KubernetesTest {

  private static final String NODE = "deployment/kubernetes/node.yaml";
  private static final String INGEST = "../samples/telemetry/kubernetes.yaml";
  private static final Path ADAPTER = Path.of("deployment/kubernetes/prometheus-adapter.yaml");

  /** What an instance takes to leave, a listener to drain, and its process to end at most. */
  private static final long STOP_SECONDS = 1 + 2 + 8;

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
        .filteredOn(service -> service.getSpec().getPublishNotReadyAddresses() == null)
        .as("one without an address of its own, for peers")
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
  void theNodesInstancesFindEachOther() throws IOException {
    Manifest node = Manifest.of(NODE);
    assertThat(node.option("--fleet-port")).isEqualTo(String.valueOf(node.port("fleet")));
    assertThat(node.option("--fleet-host")).isEqualTo("$(POD_IP)");
    assertThat(node.container().getEnv())
        .singleElement()
        .satisfies(
            variable -> {
              assertThat(variable.getName()).isEqualTo("POD_IP");
              assertThat(variable.getValueFrom().getFieldRef().getFieldPath())
                  .isEqualTo("status.podIP");
            });
    assertThat(node.all(V1Service.class))
        .filteredOn(service -> node.ports(service).contains(node.port("fleet")))
        .singleElement()
        .satisfies(
            service -> {
              assertThat(node.option("--fleet"))
                  .isEqualTo("jgroups:dns:" + service.getMetadata().getName());
              assertThat(service.getSpec().getClusterIP()).isEqualTo("None");
              assertThat(service.getSpec().getPublishNotReadyAddresses())
                  .as("an instance that starts is not ready, and looks for the others")
                  .isTrue();
            });
  }

  @Test
  void onlyTheNodesInstancesReachEachOther() throws IOException {
    Manifest node = Manifest.of(NODE);
    V1NetworkPolicySpec policy = node.one(V1NetworkPolicy.class).getSpec();
    V1NetworkPolicyPeer own =
        new V1NetworkPolicyPeer().podSelector(new V1LabelSelector().matchLabels(node.labels()));
    assertThat(policy.getPolicyTypes()).containsExactlyInAnyOrder("Ingress", "Egress");
    assertThat(policy.getIngress())
        .filteredOn(rule -> isForFleet(node, rule.getPorts()))
        .singleElement()
        .satisfies(rule -> assertThat(rule.getFrom()).containsExactly(own));
    assertThat(policy.getEgress())
        .filteredOn(rule -> isForFleet(node, rule.getPorts()))
        .singleElement()
        .satisfies(rule -> assertThat(rule.getTo()).containsExactly(own));
    assertThat(policy.getEgress())
        .filteredOn(rule -> !isForFleet(node, rule.getPorts()))
        .flatExtracting(V1NetworkPolicyEgressRule::getPorts)
        .as("nothing else goes out but questions to DNS")
        .extracting(V1NetworkPolicyPort::getProtocol, port -> port.getPort().getIntValue())
        .containsExactlyInAnyOrder(tuple("UDP", 53), tuple("TCP", 53));
  }

  /** A rule without ports is for all of them. */
  private static boolean isForFleet(Manifest node, @Nullable List<V1NetworkPolicyPort> ports) {
    return ports == null
        || ports.stream()
            .map(V1NetworkPolicyPort::getPort)
            .anyMatch(port -> port == null || node.port(port) == node.port("fleet"));
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
