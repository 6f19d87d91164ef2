plugins {
  application
  id("com.google.protobuf") version "0.9.5"
}

repositories {
  mavenCentral()
  mavenLocal { content { includeGroup("io.fluxwire") } }
}

dependencies {
  implementation(platform("io.fluxwire:fluxwire-bom:0.1.0-SNAPSHOT"))
  implementation("io.fluxwire:fluxwire-netty")
  runtimeOnly("org.slf4j:slf4j-simple")
}

// Compiles src/main/proto.
protobuf {
  protoc { artifact = "com.google.protobuf:protoc:4.36.1" }
}

tasks.withType<JavaCompile> {
  options.release = 17
}

application {
  mainClass = "chat.Alice"
}
