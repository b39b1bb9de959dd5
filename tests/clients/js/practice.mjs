// The practice with the JS SDK, unchanged but for AWS_ENDPOINT_URL. Prints what it saw as JSON.
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";

const [bucket, role, serial, code] = process.argv.slice(2);
const refused = async (call) => {
  try {
    await call;
    return "allowed";
  } catch (error) {
    return error.name;
  }
};

const assume = { RoleArn: role, RoleSessionName: "me" };
const sts = new STSClient({});
const before = await refused(new S3Client({ forcePathStyle: true }).send(new ListObjectsV2Command({ Bucket: bucket })));
const withoutMfa = await refused(sts.send(new AssumeRoleCommand(assume)));
const { Credentials: granted } = await sts.send(new AssumeRoleCommand({ ...assume, SerialNumber: serial, TokenCode: code }));
const s3 = new S3Client({
  forcePathStyle: true,
  credentials: { accessKeyId: granted.AccessKeyId, secretAccessKey: granted.SecretAccessKey, sessionToken: granted.SessionToken },
});
const keys = (await s3.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents.map((each) => each.Key);
const body = await (await s3.send(new GetObjectCommand({ Bucket: bucket, Key: "a.txt" }))).Body.transformToString();
const write = await refused(s3.send(new PutObjectCommand({ Bucket: bucket, Key: "b.txt", Body: "x" })));
console.log(JSON.stringify({ before, withoutMfa, keys, body, write }));
