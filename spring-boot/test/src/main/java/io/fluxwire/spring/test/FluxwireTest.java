package io.fluxwire.spring.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.test.context.BootstrapWith;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * For a test of what an application does with its peers, and of no more. The context has
 *
 * <ul>
 *   <li>the application's {@code @SpringBootConfiguration} class with its {@code @Bean} methods,
 *   <li>of its components those that are a {@code @Controller} or of a type that the starter takes
 *       up: {@code PeerHandler}, {@code ChannelHandler}, {@code PacketCodec}, {@code NodeIdentity},
 *       {@code Authorizer}, {@code PeerServerCustomizer} and {@code PeerClientCustomizer},
 *   <li>the auto-configuration of Fluxwire and of RSocket, and none besides,
 *   <li>the network in memory of {@link AutoConfigureFluxwireNetwork}.
 * </ul>
 *
 * <p>Other components are not there: {@code @Import} them, or replace them by a
 * {@code @MockitoBean}. For the whole application use {@code @SpringBootTest} with {@link
 * AutoConfigureFluxwireNetwork}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@BootstrapWith(FluxwireTestContextBootstrapper.class)
@ExtendWith(SpringExtension.class)
@ImportAutoConfiguration
@AutoConfigureFluxwireNetwork
public @interface FluxwireTest {

  /**
   * Properties that are set ahead of all others.
   *
   * @return in the form {@code key=value}; none by default
   */
  String[] properties() default {};
}
