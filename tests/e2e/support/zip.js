/** Reads a zip whose files are stored as they are: the names and the bytes, by the directory at its end. */
export function unzipped(zip) {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end < 0) throw new Error("there is no end of a zip");
  const files = new Map();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt16LE(at + 10) !== 0) throw new Error("a file is compressed");
    const [bytes, name, extra, comment] = [zip.readUInt32LE(at + 24), ...[28, 30, 32].map((field) => zip.readUInt16LE(at + field))];
    const header = zip.readUInt32LE(at + 42);
    const from = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
    files.set(zip.toString("utf8", at + 46, at + 46 + name), zip.subarray(from, from + bytes));
    at += 46 + name + extra + comment;
  }
  return files;
}
