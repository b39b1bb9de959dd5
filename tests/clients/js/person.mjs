// What a person's profile does with the JS SDK, unchanged: the default chain finds the session by AWS_PROFILE.
// Prints who it was and what became of the listing and of the reading of one object, as JSON.
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const [bucket] = process.argv.slice(2);
const outcome = async (call, show) => {
  try {
    return await show(await call);
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

const s3 = new S3Client({ forcePathStyle: true });
const who = await outcome(new STSClient({}).send(new GetCallerIdentityCommand({})), (answer) => answer.Account);
const keys = await outcome(s3.send(new ListObjectsV2Command({ Bucket: bucket })), (answer) => answer.Contents.map((each) => each.Key));
const body = await outcome(s3.send(new GetObjectCommand({ Bucket: bucket, Key: "a.txt" })), (answer) => answer.Body.transformToString());
console.log(JSON.stringify({ who, keys, body }));
