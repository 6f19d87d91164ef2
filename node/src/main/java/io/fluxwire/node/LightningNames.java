package io.fluxwire.node;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What people call the numbers in a Lightning node's init. */
final class LightningNames {

  /** By the even bit of the pair, from BOLT 9: those of today, and two that came before them. */
  private static final Map<Integer, String> FEATURES =
      Map.ofEntries(
          Map.entry(0, "option_data_loss_protect"),
          Map.entry(2, "initial_routing_sync"),
          Map.entry(4, "option_upfront_shutdown_script"),
          Map.entry(6, "gossip_queries"),
          Map.entry(8, "var_onion_optin"),
          Map.entry(10, "gossip_queries_ex"),
          Map.entry(12, "option_static_remotekey"),
          Map.entry(14, "payment_secret"),
          Map.entry(16, "basic_mpp"),
          Map.entry(18, "option_support_large_channel"),
          Map.entry(20, "option_anchor_outputs"),
          Map.entry(22, "option_anchors"),
          Map.entry(24, "option_route_blinding"),
          Map.entry(26, "option_shutdown_anysegwit"),
          Map.entry(28, "option_dual_fund"),
          Map.entry(34, "option_quiesce"),
          Map.entry(36, "option_attribution_data"),
          Map.entry(38, "option_onion_messages"),
          Map.entry(42, "option_provide_storage"),
          Map.entry(44, "option_channel_type"),
          Map.entry(46, "option_scid_alias"),
          Map.entry(48, "option_payment_metadata"),
          Map.entry(50, "option_zeroconf"),
          Map.entry(60, "option_simple_close"),
          Map.entry(62, "option_splice"));

  /** By the hash of the first block, in the order of its bytes in a message. */
  private static final Map<String, String> NETWORKS =
      Map.of(
          "6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000", "bitcoin",
          "43497fd7f826957108f4a30fd9cec3aeba79972084e90ead01ea330900000000", "testnet3",
          "43f08bdab050e35b567c864b91f47f50ae725ae2de53bcfbbaf284da00000000", "testnet4",
          "f61eee3b63a380a477a063af32b2bbc97c9ff9f01f2c4225e973988108000000", "signet",
          "06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f", "regtest");

  private LightningNames() {}

  /**
   * A feature's name.
   *
   * @param bit either one of its pair
   */
  static @Nullable String feature(int bit) {
    return FEATURES.get(bit & ~1);
  }

  /** A network's name, or its hash if it has none here. */
  static String network(String hash) {
    return NETWORKS.getOrDefault(hash, hash);
  }
}
