# What the scripts of this folder's parent have in common: which JDK, and what it has to be asked
# for. Sourced, with $root and die(); sets java, JAVA_HOME and java_flags.

# A descriptor that is closed becomes that of the next file which is opened, such as a jar: what is
# in it would be sent as input, and what is said would be written into it. Standard output is opened
# for reading, so that writing fails as it does when it is closed.
(: 3<&0) 2>/dev/null || exec </dev/null
(: 3>&1) 2>/dev/null || exec 1</dev/null
(: 3>&2) || exec 2>/dev/null

# Names of files and what is typed are UTF-8 to Java only where the locale says so.
case $(locale charmap 2>/dev/null) in
  ANSI_X3.4-1968 | US-ASCII | 646) LC_ALL=C.UTF-8 && export LC_ALL ;;
esac

# JAVA_HOME's, else the PATH's.
if [ -n "${JAVA_HOME:-}" ]; then
  java=$JAVA_HOME/bin/java
  [ -x "$java" ] || die "JAVA_HOME is $JAVA_HOME, but there is no bin/java in it. Fluxwire needs Java 17 or newer."
else
  java=$(command -v java) || die "java not found. Fluxwire needs Java 17 or newer, on the PATH or in JAVA_HOME."
fi

# The version, from the JDK's release file; by asking java only if that is missing.
jdk=$(dirname "$(dirname "$(readlink -f "$java" 2>/dev/null || printf '%s' "$java")")")
version=$(sed -n 's/^JAVA_VERSION="\(.*\)"/\1/p' "$jdk/release" 2>/dev/null | head -n 1)
[ -n "$version" ] || version=$("$java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p' | head -n 1)
major=${version%%[!0-9]*}
[ -n "$major" ] || die "cannot tell the version of $java. Fluxwire needs Java 17 or newer."
[ "$major" -ge 17 ] || die "$java is Java $version. Fluxwire needs Java 17 or newer."

# Flags that only newer JDKs know: they ask for leave to use Netty's natives and Unsafe.
java_flags=
if [ "$major" -ge 24 ]; then
  java_flags="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
elif [ "$major" -ge 22 ]; then
  java_flags="--enable-native-access=ALL-UNNAMED"
fi

# Has Maven build with this JDK, whose flags another one may not know. Arguments: more flags.
use_maven() {
  command -v mvn >/dev/null 2>&1 || die "mvn not found. Fluxwire is built by Maven 3.8 or newer, which has to be on the PATH."
  JAVA_HOME=$("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
  [ -x "$JAVA_HOME/bin/javac" ] || die "$java is a Java without a compiler. Building Fluxwire needs a JDK, 17 or newer: name one in JAVA_HOME."
  MAVEN_OPTS="${MAVEN_OPTS:-} $java_flags $*"
  export JAVA_HOME MAVEN_OPTS
}

# Says what a person can do about a failed build. Argument: its output.
explain_build() {
  log=$1
  if grep -q 'No space left on device' "$log"; then
    say "The disk is full. Make room for some 500 MB, and run this again."
  elif artifact=$(sed -n 's/.*Could not transfer artifact \([^ ]*\) from\/to \([^ ]*\) (\([^)]*\)).*/\1 from \3/p' "$log" | head -n 1) && [ -n "$artifact" ]; then
    say "Maven could not download $artifact:"
    sed -n 's/.*Could not transfer artifact [^ ]* from\/to [^ ]* ([^)]*): //p' "$log" | head -n 1 | cut -c 1-200 | sed 's/^/  /' >&2
    say "The first build needs the network. Behind a proxy or a mirror, name it in ~/.m2/settings.xml. Then run this again: what is here already is kept."
  elif artifact=$(sed -n 's/.*Could not find artifact \([^ ]*\).*/\1/p; s/.* \([^ ]*\) was not found in .*/\1/p' "$log" | head -n 1) && [ -n "$artifact" ]; then
    say "Maven's repositories do not have $artifact."
    say "If ~/.m2/settings.xml names a mirror, that mirror does not have it. If Maven is offline (-o), let it go online. Maven remembers what it did not find: 'mvn -U -B -Drun-only -pl node -am package' has it look again."
  elif grep -q 'COMPILATION ERROR' "$log"; then
    say "The sources do not compile:"
    sed -n 's/^\[ERROR\] \(.*\.java:\[.*\)/  \1/p' "$log" | head -n 5 >&2
    say "'git status' and 'git diff' show what differs from what was published; 'git stash' puts it aside."
  elif grep -q -e 'Unrecognized VM option' -e 'Unrecognized option' -e 'Could not create the Java Virtual Machine' "$log"; then
    say "Maven's JVM did not start:"
    grep -m 1 -e 'Unrecognized' -e 'Error:' "$log" | sed 's/^/  /' >&2
    say "Check MAVEN_OPTS (now: $MAVEN_OPTS) and JAVA_HOME (now: $JAVA_HOME)."
  elif grep -q -e 'Permission denied' -e 'AccessDeniedException' -e 'Read-only file system' "$log"; then
    say "Something could not be written:"
    grep -m 1 -e 'Permission denied' -e 'AccessDeniedException' -e 'Read-only file system' "$log" | cut -c 1-200 | sed 's/^/  /' >&2
    say "Fluxwire is built in its own folder, and Maven keeps downloads in ~/.m2: both have to be writable."
  else
    maven=$(mvn -v 2>/dev/null | sed -n 's/.*Apache Maven \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    case $maven in
      [012].* | 3.[0-7] | 3.[0-7].*) say "This is Maven $maven; Fluxwire needs 3.8 or newer." ;;
      *)
        grep -m 1 '^\[ERROR\]' "$log" | cut -c 1-300 | sed 's/^\[ERROR\] /  /' >&2
        say "If that does not help: remove the folders named target, and run this again. If it stays, report it with the whole output."
        ;;
    esac
  fi
  say "The whole output: $log"
}
