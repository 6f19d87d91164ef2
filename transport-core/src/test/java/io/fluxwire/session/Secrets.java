package io.fluxwire.session;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.fluxwire.crypto.Aead;
import io.fluxwire.crypto.KemKeyPair;
import io.fluxwire.crypto.KemKeyPairs;
import io.fluxwire.crypto.Secp256k1;
import io.fluxwire.crypto.SecretHolders;
import io.fluxwire.crypto.SessionKeyPair;
import io.fluxwire.crypto.SessionKeyPairs;
import io.fluxwire.crypto.TrafficSecret;
import io.fluxwire.crypto.UpgradeSecrets;
import io.fluxwire.identity.NodeKey;
import io.fluxwire.proto.Pkt;
import io.fluxwire.proto.Upgrade;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bouncycastle.crypto.params.MLKEMPrivateKeyParameters;

/**
 * What must not be found once a session is over, by name. Kept masked, so that whoever searches
 * memory for it does not find it here.
 */
final class Secrets {

  private static final int MASK = 0x5a;

  private final Map<String, byte[]> masked = new LinkedHashMap<>();
  private final SecureRandom random = new SecureRandom();

  void add(String name, byte[] secret) {
    masked.put(name, masked(secret));
  }

  void add(String name, NodeKey key) {
    add(name, secret(key));
  }

  /**
   * Gives each side the pair that it will take next, and notes all that follows from them.
   *
   * @return the dialler's public key and the acceptor's
   */
  byte[][] seed(String session, SessionKeyPairs dialers, SessionKeyPairs acceptors) {
    SessionKeyPair dialer = seed(session + ": dialer's", dialers);
    SessionKeyPair acceptor = seed(session + ": acceptor's", acceptors);
    byte[] shared = agreed(secret(dialer), acceptor.publicKey());
    add(session + ": shared secret", shared);
    derive(session + ": dialer's", shared, dialer.publicKey());
    derive(session + ": acceptor's", shared, acceptor.publicKey());
    Arrays.fill(shared, (byte) 0);
    return new byte[][] {dialer.publicKey(), acceptor.publicKey()};
  }

  private SessionKeyPair seed(String whose, SessionKeyPairs pairs) {
    SessionKeyPair next = SessionKeyPair.generate(Secp256k1.preferred(), random);
    add(whose + " session secret", secret(next));
    SecretHolders.give(pairs, next);
    return next;
  }

  /** The same of BOLT 8, up to the keys after one rotation. */
  void seedBolt8(String session, SessionSpec<?> dialers, SessionSpec<?> acceptors) {
    SessionKeyPair dialer = seed(session + ": dialer's", dialers.keys().sessions());
    SessionKeyPair acceptor = seed(session + ": acceptor's", acceptors.keys().sessions());
    byte[] acceptorId = acceptors.nodeKey().id().toBytes();
    byte[] chainingKey = sha256("Noise_XK_secp256k1_ChaChaPoly_SHA256");
    List<byte[]> agreements =
        List.of(
            agreed(secret(dialer), acceptorId),
            agreed(secret(dialer), acceptor.publicKey()),
            agreed(secret(dialers.nodeKey()), acceptor.publicKey()));
    for (int act = 1; act <= agreements.size(); act++) {
      add(session + ": agreement of act " + act, agreements.get(act - 1));
      byte[][] mixed = SecretHolders.mixed(chainingKey, agreements.get(act - 1));
      chainingKey = mixed[0];
      add(session + ": chaining key of act " + act, chainingKey);
      addChaChaKey(session + ": key of act " + act, mixed[1]);
    }
    byte[][] first = SecretHolders.mixed(chainingKey, new byte[0]);
    rotations(session + ": dialer's", chainingKey, first[0]);
    rotations(session + ": acceptor's", chainingKey, first[1]);
  }

  private void rotations(String name, byte[] chainingKey, byte[] first) {
    addChaChaKey(name + " key 0", first);
    byte[][] next = SecretHolders.mixed(chainingKey, first);
    add(name + " chaining key 1", next[0]);
    addChaChaKey(name + " key 1", next[1]);
  }

  /** Ciphers have it as integers besides, which a dump writes in the other order. */
  private void addChaChaKey(String name, byte[] key) {
    add(name, key);
    byte[] integers = new byte[key.length];
    for (int i = 0; i < key.length; i++) {
      integers[i] = key[i ^ 3];
    }
    add(name + ", as integers", integers);
  }

  private static byte[] secret(Object holder) {
    return field(holder, "secret", byte[].class);
  }

  private static byte[] agreed(byte[] secret, byte[] publicKey) {
    return Secp256k1.preferred().sharedSecret(secret, publicKey);
  }

  /** Gives the acceptor the KEM pair that it will offer, and notes its key and seed. */
  void seed(String session, KemKeyPairs acceptors) {
    byte[] seed = new byte[64];
    random.nextBytes(seed);
    add(session + ": KEM seed", seed);
    add(session + ": KEM seed's d", Arrays.copyOf(seed, 32));
    add(session + ": KEM seed's z", Arrays.copyOfRange(seed, 32, 64));
    KemKeyPair pair = KemKeyPair.of(seed);
    MLKEMPrivateKeyParameters key = field(pair, "key", MLKEMPrivateKeyParameters.class);
    add(session + ": decapsulation key", Arrays.copyOf(key.getS(), 64));
    SecretHolders.give(acceptors, pair);
  }

  /** Notes what follows from both proofs of an upgrade, up to the keys after one rotation. */
  void upgraded(String session, Aead cipher, List<byte[]> proofs, byte[][] sessionKeys) {
    byte[] shared = masked(masked.get(session + ": shared secret"));
    byte[] kem = kemSecret(session, proofs.get(1));
    add(session + ": KEM secret", kem);
    add(session + ": PRK", SecretHolders.pseudoRandomKey(sessionKeys, proofs, shared, kem));
    UpgradeSecrets secrets =
        UpgradeSecrets.derive(
            sessionKeys[0], sessionKeys[1], proofs.get(0), proofs.get(1), shared, kem);
    generations(session + ": dialer's", cipher, secrets.dialer());
    generations(session + ": acceptor's", cipher, secrets.acceptor());
  }

  private byte[] kemSecret(String session, byte[] choice) {
    try {
      ByteString upgrade = Pkt.parseFrom(choice).getAuth().getUpgrade();
      return KemKeyPair.of(masked(masked.get(session + ": KEM seed")))
          .decapsulate(Upgrade.parseFrom(upgrade).getKem().toByteArray());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private void generations(String name, Aead cipher, TrafficSecret first) {
    SecretHolders.Generations generations = SecretHolders.generations(first);
    for (int i = 0; i < 2; i++) {
      add(name + " S " + i, generations.secret());
      addKey(name + " key " + i, cipher, generations.key(cipher));
      add(name + " iv " + i, generations.iv());
      generations.rotate();
    }
    add(name + " S 2", generations.secret());
  }

  private void addKey(String name, Aead cipher, byte[] key) {
    if (cipher == Aead.CHACHA20_POLY1305) {
      addChaChaKey(name, key);
    } else {
      add(name, key);
    }
  }

  private void derive(String name, byte[] shared, byte[] sender) {
    add(name + " AES key", Arrays.copyOf(hash(shared, sender, 0), 16));
    byte[] hmacKey = hash(shared, sender, 1);
    add(name + " HMAC key", hmacKey);
    add(name + " HMAC key for the inner hash", xored(hmacKey, 0x36));
    add(name + " HMAC key for the outer hash", xored(hmacKey, 0x5c));
  }

  Map<String, byte[]> masked() {
    return masked;
  }

  static byte[] masked(byte[] secret) {
    return xored(secret, MASK);
  }

  private static byte[] xored(byte[] bytes, int with) {
    byte[] other = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      other[i] = (byte) (bytes[i] ^ with);
    }
    return other;
  }

  static <T> T field(Object of, String name, Class<T> type) {
    try {
      Field field = of.getClass().getDeclaredField(name);
      field.setAccessible(true);
      return type.cast(field.get(of));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(of.getClass() + " has no " + name, e);
    }
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] hash(byte[] shared, byte[] sender, int which) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(shared);
      sha256.update(sender);
      return sha256.digest(new byte[] {(byte) which});
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
