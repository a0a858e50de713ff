// Tells of each SNS document whether its signature is good, as SNS's guide says
// it is to be verified: node verify.js CERTIFICATE DOCUMENT...
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');

const [certificate, ...files] = process.argv.slice(2);
for (const file of files) {
  const document = JSON.parse(fs.readFileSync(file, 'utf8'));
  const covered = document.Type === 'Notification'
    ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
    : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  const verifier = crypto.createVerify({ 1: 'RSA-SHA1', 2: 'RSA-SHA256' }[document.SignatureVersion]);
  for (const name of covered) {
    if (name in document) verifier.update(`${name}\n${document[name]}\n`, 'utf8');
  }
  const good = verifier.verify(fs.readFileSync(certificate, 'utf8'), document.Signature, 'base64');
  console.log(good ? 'good' : 'bad');
}
