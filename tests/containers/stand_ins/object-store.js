// An S3-compatible server on a folder that answers to the command and the login file of SeaweedFS, for machines that cannot pull its image.
const { readFileSync } = require("node:fs");
const http = require("node:http");
const S3rver = require("s3rver");
const AWSAccount = require("s3rver/lib/models/account");

const option = (name) => process.argv.find((word) => word.startsWith(`-${name}=`)).slice(name.length + 2);
for (const { name, credentials } of JSON.parse(readFileSync(option("s3.config"))).identities)
  for (const { accessKey, secretKey } of credentials) new AWSAccount(123456789000, name).createKeyPair(accessKey, secretKey);
AWSAccount.registry.delete("S3RVER");

const answer = new S3rver({ directory: option("dir"), vhostBuckets: false, silent: true }).callback();
http.createServer((request, response) => (request.url === "/status" ? response.end() : answer(request, response))).listen(8333, option("ip.bind"));
process.on("SIGTERM", () => process.exit());
