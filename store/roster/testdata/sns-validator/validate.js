// Lets the npm package sns-validator judge SNS documents:
//
//	node validate.js FOLDER CERTIFICATE DOCUMENT...
//
// FOLDER is where the package was installed. The package asks AWS for the
// certificate; here it gets the one in the file CERTIFICATE, whatever the
// address, which the package still checks.
'use strict';
const { EventEmitter } = require('node:events');
const fs = require('node:fs');
const https = require('node:https');
const path = require('node:path');

const [folder, certificate, ...files] = process.argv.slice(2);
https.get = (_address, answered) => {
  const response = Object.assign(new EventEmitter(), { statusCode: 200, setEncoding() {} });
  setImmediate(() => {
    answered(response);
    response.emit('data', fs.readFileSync(certificate));
    response.emit('end');
  });
  return new EventEmitter();
};
const Validator = require(path.join(folder, 'node_modules', 'sns-validator'));
const next = () => {
  if (files.length === 0) return;
  new Validator().validate(fs.readFileSync(files.shift(), 'utf8'), (err) => {
    console.log(err ? 'bad' : 'good');
    next();
  });
};
next();
