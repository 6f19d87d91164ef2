package io.fluxwire.spring.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;

/**
 * Has the auto-configured server and clients of a test's application context meet in memory instead
 * of over sockets, with keys that are thrown away: put it beside {@code @SpringBootTest}. {@link
 * FluxwireTest} has it already.
 *
 * <ul>
 *   <li>There is a {@link FluxwireNetwork} bean, which makes the test's own nodes.
 *   <li>The node has a new key, unless the application has a {@code NodeIdentity} bean of its own;
 *       {@code fluxwire.node.key-file} is not used.
 *   <li>The server listens in the network, and on no port.
 *   <li>Each client of {@code fluxwire.clients} dials a node of the network by the client's name,
 *       and expects a new node id; its {@code remotes} and {@code expect} are not used.
 *   <li>Channels are stored in memory where {@code fluxwire.channels.folder} is set, unless there
 *       is a {@code ChannelStore} bean.
 * </ul>
 *
 * <p>Beans that the application makes of the types {@code PeerServer}, {@code FluxwireServer} and
 * {@code PeerClient} are left as they are.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ImportAutoConfiguration
public @interface AutoConfigureFluxwireNetwork {}
