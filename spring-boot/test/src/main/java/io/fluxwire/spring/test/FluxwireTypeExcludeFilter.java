package io.fluxwire.spring.test;

import io.fluxwire.NodeIdentity;
import io.fluxwire.access.Authorizer;
import io.fluxwire.packet.PacketCodec;
import io.fluxwire.spring.ChannelHandler;
import io.fluxwire.spring.PeerClientCustomizer;
import io.fluxwire.spring.PeerHandler;
import io.fluxwire.spring.PeerServerCustomizer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.TypeExcludeFilter;
import org.springframework.core.type.classreading.MetadataReader;
import org.springframework.core.type.classreading.MetadataReaderFactory;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.core.type.filter.AssignableTypeFilter;
import org.springframework.core.type.filter.TypeFilter;
import org.springframework.stereotype.Controller;

/** Leaves out the components that have nothing to do with peers. */
final class FluxwireTypeExcludeFilter extends TypeExcludeFilter {

  private static final List<Class<?>> INCLUDED =
      List.of(
          PeerHandler.class,
          ChannelHandler.class,
          PacketCodec.class,
          NodeIdentity.class,
          Authorizer.class,
          PeerServerCustomizer.class,
          PeerClientCustomizer.class);

  private final List<TypeFilter> included = new ArrayList<>();

  FluxwireTypeExcludeFilter() {
    included.add(new AnnotationTypeFilter(Controller.class));
    INCLUDED.forEach(type -> included.add(new AssignableTypeFilter(type)));
  }

  @Override
  public boolean match(MetadataReader component, MetadataReaderFactory readers) throws IOException {
    for (TypeFilter one : included) {
      if (one.match(component, readers)) {
        return false;
      }
    }
    return true;
  }

  /** All are alike, and so are contexts that have one. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof FluxwireTypeExcludeFilter;
  }

  @Override
  public int hashCode() {
    return FluxwireTypeExcludeFilter.class.hashCode();
  }
}
