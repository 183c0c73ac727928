// Batches that Kafka's own client wrote.

/** One batch of each codec by kafka-clients 4.1.0, as in core/tests/kafka_golden.rs: one record, key `k`, value `v`. */
export const COMPRESSED = {
  gzip:
    "00000000000000030000004effffffff025f2e0c2a00010000000000000000000000050000000000000005ffffffffffffff" +
    "ffffffffffffff000000011f8b08000000000000ff1360606060ca662a630000a37fcfa609000000",
  snappy:
    "000000000000000300000050ffffffff0233b04a1300020000000000000000000000050000000000000005ffffffffffffff" +
    "ffffffffffffff0000000182534e415050590000000001000000010000000b092010000000026b027600",
  lz4:
    "000000000000000300000049ffffffff0215cc078f00030000000000000000000000050000000000000005ffffffffffffff" +
    "ffffffffffffff0000000104224d186040820900008010000000026b02760000000000",
  zstd:
    "000000000000000300000046ffffffff02f98dbc3100040000000000000000000000050000000000000005ffffffffffffff" +
    "ffffffffffffff0000000128b52ffd005848000010000000026b027600010000",
};

/** A log of these batches at the offsets 0 to 3: the base offset is all that a broker changes. */
export function log() {
  return Buffer.concat(
    Object.values(COMPRESSED).map((hex, offset) => {
      const bytes = Buffer.from(hex, "hex");
      bytes.writeBigInt64BE(BigInt(offset), 0);
      return bytes;
    }),
  );
}
