/** Names and values that the SPDY/3 dictionary holds with a length in front, in the order of the protocol's draft. */
const PREFIXED =
  "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow " +
  "authorization cache-control connection content-base content-encoding content-language content-length content-location " +
  "content-md5 content-range content-type date etag expect expires from host if-match if-modified-since if-none-match " +
  "if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate proxy-authorization range " +
  "referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method " +
  "get status 200\u00a0OK version HTTP/1.1 url public set-cookie keep-alive origin";

/** The rest of the dictionary: status codes and words of values, run together. */
const RUN_TOGETHER =
  "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505" +
  "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden" +
  "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable" +
  "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT" +
  "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript," +
  "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

/** The preset zlib dictionary of SPDY/3 header blocks (SPDY protocol draft 3, section 2.6.10.1): 1423 bytes. */
export const HEADER_DICTIONARY: Buffer = Buffer.concat([
  ...PREFIXED.split(" ").map((word) => lengthPrefixed(word.replace("\u00a0", " "))),
  Buffer.from(RUN_TOGETHER),
]);

/** Adler-32 of the dictionary, as a zlib stream that uses it says in its header (RFC 1950, DICTID). */
export const HEADER_DICTIONARY_ID = 0xe3c6a7c2;

function lengthPrefixed(word: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(word.length);
  return Buffer.concat([length, Buffer.from(word)]);
}
