package s3_test

import (
	"crypto/md5" //nolint:gosec // S3's header
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"tocsin/service/servicetest"
)

// send makes a signed request of any form. Headers are names and values in turn.
func (w *world) send(method, target, body string, headers ...string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, *w.config.BaseEndpoint+target, strings.NewReader(body))
	must(w.t, err)
	sum := sha256.Sum256([]byte(body))
	r.Header.Set("X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	err = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).SignHTTP(w.t.Context(),
		aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: secret}, r, r.Header.Get("X-Amz-Content-Sha256"), "s3", servicetest.Region, time.Now())
	must(w.t, err)
	answer, err := w.config.HTTPClient.Do(r)
	must(w.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(w.t, err)
	return answer, string(text)
}

// What is refused because of one of its objects deletes none of the others.
func TestRefusedDeletionDeletesNothing(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	w.put("logs", "key", "text")
	const body = `<Delete><Object><Key>key</Key></Object><Object><Key>other</Key><Size>4</Size></Object></Delete>`
	sum := md5.Sum([]byte(body)) //nolint:gosec // S3's header
	answer, text := w.send("POST", "/logs?delete", body, "Content-MD5", base64.StdEncoding.EncodeToString(sum[:]))
	if answer.StatusCode != http.StatusNotImplemented {
		t.Errorf("%s: %s", answer.Status, text)
	}
	if answer, _ := w.send("GET", "/logs/key", ""); answer.StatusCode != http.StatusOK {
		t.Errorf("the first object is gone: %s", answer.Status)
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	w.put("logs", "key", "text")
	const lifecycle = `<LifecycleConfiguration><Rule>%s</Rule></LifecycleConfiguration>`
	rule := func(text string) string { return strings.Replace(lifecycle, "%s", text, 1) }
	for _, c := range []struct {
		method, target, body string
		status               int
		code                 string
		headers              []string
	}{
		{"GET", "/none", "", 404, "NoSuchBucket", nil},
		{"GET", "/none/key", "", 404, "NoSuchBucket", nil},
		{"GET", "/logs/none", "", 404, "NoSuchKey", nil},
		{"GET", "/logs/key?versionId=x", "", 400, "InvalidArgument", nil},
		{"GET", "/logs/key?versionId=" + strings.Repeat("a", 32), "", 404, "NoSuchVersion", nil},
		{"GET", "/logs/key?partNumber=2", "", 416, "InvalidPartNumber", nil},
		{"GET", "/logs/key?partNumber=0", "", 400, "InvalidArgument", nil},
		{"GET", "/logs/key?torrent", "", 501, "NotImplemented", nil},
		{"GET", "/logs/key?retention", "", 400, "InvalidRequest", nil},
		{"GET", "/logs/key", "", 412, "PreconditionFailed", []string{"If-Match", `"x"`}},
		{"GET", "/logs/" + strings.Repeat("k", 1025), "", 400, "KeyTooLongError", nil},
		{"GET", "/logs/key", "", 403, "AccessDenied", []string{"X-Amz-Expected-Bucket-Owner", "222222222222"}},
		{"POST", "/logs/key", "", 501, "NotImplemented", nil},
		{"PATCH", "/logs/key", "", 405, "MethodNotAllowed", nil},
		{"DELETE", "/logs?location", "", 405, "MethodNotAllowed", nil},
		{"PUT", "/", "", 405, "MethodNotAllowed", nil},
		{"PUT", "/logs?metadataTable", "", 501, "NotImplemented", nil},

		{"PUT", "/Upper", "", 400, "InvalidBucketName", nil},
		{"PUT", "/ab", "", 400, "InvalidBucketName", nil},
		{"PUT", "/192.168.1.1", "", 400, "InvalidBucketName", nil},
		{"PUT", "/xn--logs", "", 400, "InvalidBucketName", nil},
		{"PUT", "/a..b", "", 400, "InvalidBucketName", nil},
		{"PUT", "/other", "", 400, "IllegalLocationConstraintException", nil},
		{"PUT", "/other", "<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>", 400, "IllegalLocationConstraintException", nil},
		{"PUT", "/other", "<CreateBucketConfiguration><LocationConstraint>nowhere</LocationConstraint></CreateBucketConfiguration>", 400, "InvalidLocationConstraint", nil},
		{"PUT", "/other", "<CreateBucketConfiguration>", 400, "MalformedXML", nil},
		{"PUT", "/logs", "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>", 409, "BucketAlreadyOwnedByYou", nil},
		{"PUT", "/other", "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>", 400, "InvalidBucketAclWithObjectOwnership", []string{"X-Amz-Acl", "public-read"}},
		{"PUT", "/other", "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>", 501, "NotImplemented", []string{"X-Amz-Bucket-Object-Lock-Enabled", "true"}},
		{"DELETE", "/logs", "", 409, "BucketNotEmpty", nil},

		{"GET", "/logs?policy", "", 404, "NoSuchBucketPolicy", nil},
		{"GET", "/logs?policyStatus", "", 404, "NoSuchBucketPolicy", nil},
		{"GET", "/logs?tagging", "", 404, "NoSuchTagSet", nil},
		{"GET", "/logs?lifecycle", "", 404, "NoSuchLifecycleConfiguration", nil},
		{"GET", "/logs?cors", "", 404, "NoSuchCORSConfiguration", nil},
		{"GET", "/logs?website", "", 404, "NoSuchWebsiteConfiguration", nil},
		{"GET", "/logs?replication", "", 404, "ReplicationConfigurationNotFoundError", nil},
		{"GET", "/logs?object-lock", "", 404, "ObjectLockConfigurationNotFoundError", nil},
		{"GET", "/logs?analytics&id=x", "", 404, "NoSuchConfiguration", nil},
		{"GET", "/logs?publicAccessBlock", "", 200, "", nil},
		{"GET", "/logs?ownershipControls", "", 200, "", nil},
		{"GET", "/logs?encryption", "", 200, "", nil},

		{"PUT", "/logs?policy", "{", 400, "MalformedPolicy", nil},
		{"PUT", "/logs?policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"}]}`, 400, "MalformedPolicy", nil},
		{"PUT", "/logs?policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}]}`, 403, "AccessDenied", nil},
		{"PUT", "/logs?policy", "", 400, "MissingRequestBodyError", nil},
		{"PUT", "/logs?versioning", "<VersioningConfiguration/>", 400, "IllegalVersioningConfigurationException", nil},
		{"PUT", "/logs?versioning", "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>", 400, "MalformedXML", nil},
		{"PUT", "/logs?versioning", "<VersioningConfiguration><Status>Enabled</Status><Other/></VersioningConfiguration>", 400, "MalformedXML", nil},
		{"PUT", "/logs?encryption", "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>", 400, "InvalidArgument", nil},
		{"PUT", "/logs?acl", "", 400, "AccessControlListNotSupported", []string{"X-Amz-Acl", "public-read"}},
		{"PUT", "/logs?acl", "", 400, "InvalidArgument", []string{"X-Amz-Acl", "strange"}},
		{"PUT", "/logs?acl", "", 200, "", []string{"X-Amz-Acl", "private"}},
		{"PUT", "/logs?replication", "<ReplicationConfiguration/>", 501, "NotImplemented", nil},
		{"PUT", "/logs?notification", "<NotificationConfiguration><TopicConfiguration/></NotificationConfiguration>", 501, "NotImplemented", nil},
		{"PUT", "/logs?notification", "<NotificationConfiguration/>", 200, "", nil},
		{"PUT", "/logs?logging", "<BucketLoggingStatus><LoggingEnabled><TargetBucket>none</TargetBucket><TargetPrefix/></LoggingEnabled></BucketLoggingStatus>", 400, "InvalidTargetBucketForLogging", nil},
		{"PUT", "/logs?lifecycle", rule("<Status>Enabled</Status><Filter/>"), 400, "InvalidRequest", nil},
		{"PUT", "/logs?lifecycle", rule("<Status>Enabled</Status><Expiration><Days>1</Days></Expiration>"), 400, "MalformedXML", nil},
		{"PUT", "/logs?lifecycle", rule("<Status>Enabled</Status><Filter/><Expiration><Days>0</Days></Expiration>"), 400, "MalformedXML", nil},
		{"PUT", "/logs?lifecycle", rule("<Status>Enabled</Status><Filter/><Expiration><Days>1</Days></Expiration>"), 200, "", nil},
		{"PUT", "/logs?tagging", "<Tagging><TagSet><Tag><Key>aws:x</Key><Value/></Tag></TagSet></Tagging>", 400, "InvalidTag", nil},
		{"PUT", "/logs?tagging", "<Tagging><TagSet><Tag><Key>a</Key><Value/></Tag><Tag><Key>a</Key><Value/></Tag></TagSet></Tagging>", 400, "InvalidTag", nil},
		{"PUT", "/logs?tagging", "<!DOCTYPE x [<!ENTITY a 'b'>]><Tagging><TagSet/></Tagging>", 400, "MalformedXML", nil},

		{"PUT", "/logs/k", "x", 400, "InvalidDigest", []string{"Content-Md5", "x"}},
		{"PUT", "/logs/k", "x", 400, "BadDigest", []string{"Content-Md5", "1B2M2Y8AsgTpgAmY7PhCfg=="}},
		{"PUT", "/logs/k", "x", 400, "BadDigest", []string{"X-Amz-Checksum-Crc32", "AAAAAA=="}},
		{"PUT", "/logs/k", "x", 400, "InvalidRequest", []string{"X-Amz-Checksum-Crc32", "AAAA"}},
		{"PUT", "/logs/k", "x", 200, "", []string{"X-Amz-Checksum-Md5", "ndTkYSaMgDT1yFZOFVxnpg=="}},
		{"PUT", "/logs/k", "x", 400, "BadDigest", []string{"X-Amz-Checksum-Md5", "ndTkYSaMgDT1yFZOFVxnpQ=="}},
		{"PUT", "/logs/k", "x", 501, "NotImplemented", []string{"X-Amz-Checksum-Xxhash64", "AAAA"}},
		{"PUT", "/logs/k", "x", 400, "InvalidStorageClass", []string{"X-Amz-Storage-Class", "COLD"}},
		{"PUT", "/logs/k", "x", 400, "MetadataTooLarge", []string{"X-Amz-Meta-A", strings.Repeat("x", 2048)}},
		{"PUT", "/logs/k", "x", 400, "AccessControlListNotSupported", []string{"X-Amz-Acl", "public-read"}},
		{"PUT", "/logs/k", "x", 200, "", []string{"X-Amz-Acl", "bucket-owner-full-control"}},
		{"PUT", "/logs/k", "x", 412, "PreconditionFailed", []string{"If-None-Match", "*"}},
		{"PUT", "/logs/k", "x", 412, "PreconditionFailed", []string{"If-Match", `"x"`}},
		{"PUT", "/logs/none", "x", 404, "NoSuchKey", []string{"If-Match", `"x"`}},
		{"PUT", "/logs/k", "x", 400, "InvalidArgument", []string{"X-Amz-Tagging", "a=1&a=2"}},
		{"PUT", "/logs/k", "x", 400, "XAmzContentSHA256Mismatch", []string{"X-Amz-Content-Sha256", strings.Repeat("0", 64)}},
		{"PUT", "/logs/k", "x", 400, "InvalidEncryptionAlgorithmError", []string{"X-Amz-Server-Side-Encryption", "ROT13"}},
		{"PUT", "/logs/k", "", 400, "InvalidRequest", []string{"X-Amz-Copy-Source", "/logs/k"}},
		{"PUT", "/logs/k", "", 400, "InvalidArgument", []string{"X-Amz-Copy-Source", "k"}},
		{"PUT", "/logs/k", "", 404, "NoSuchKey", []string{"X-Amz-Copy-Source", "logs/none"}},
		{"PUT", "/logs/k", "", 404, "NoSuchBucket", []string{"X-Amz-Copy-Source", "none/k"}},

		{"GET", "/logs?max-keys=x", "", 400, "InvalidArgument", nil},
		{"GET", "/logs?max-keys=-1", "", 400, "InvalidArgument", nil},
		{"GET", "/logs?list-type=3", "", 400, "InvalidArgument", nil},
		{"GET", "/logs?list-type=2&continuation-token=x", "", 400, "InvalidArgument", nil},
		{"GET", "/logs?encoding-type=x", "", 400, "InvalidArgument", nil},
		{"GET", "/logs?versions&version-id-marker=null", "", 400, "InvalidArgument", nil},
		{"POST", "/logs?delete", "<Delete/>", 400, "MalformedXML", nil},

		{"PUT", "/logs/k?partNumber=1&uploadId=none", "x", 404, "NoSuchUpload", nil},
		{"PUT", "/logs/k?partNumber=10001&uploadId=none", "x", 400, "InvalidArgument", nil},
		{"POST", "/logs/k?uploadId=none", "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>", 404, "NoSuchUpload", nil},
		{"DELETE", "/logs/k?uploadId=none", "", 404, "NoSuchUpload", nil},
		{"POST", "/logs/k?uploads", "", 400, "InvalidRequest", []string{"X-Amz-Checksum-Algorithm", "CRC16"}},
	} {
		answer, text := w.send(c.method, c.target, c.body, c.headers...)
		var e struct{ Code, Message, RequestId, HostId string }
		if text != "" && answer.StatusCode >= 400 {
			if err := xml.Unmarshal([]byte(text), &e); err != nil || e.Message == "" || e.RequestId != answer.Header.Get("X-Amz-Request-Id") || e.HostId == "" {
				t.Errorf("%s %s: %v: %s", c.method, c.target, err, text)
			}
		}
		if answer.StatusCode != c.status || e.Code != c.code {
			t.Errorf("%s %s %s: %d %s, want %d %s", c.method, c.target, c.headers, answer.StatusCode, text, c.status, c.code)
		}
	}
	if answer, text := w.send("HEAD", "/none", ""); answer.StatusCode != 404 || text != "" {
		t.Errorf("HEAD: %d %q", answer.StatusCode, text)
	}
	if answer, text := w.send("GET", "/logs/key", "", "If-None-Match", `"1cb251ec0d568de6a929b520c4aed8d1"`); answer.StatusCode != 304 || text != "" || answer.Header.Get("Etag") == "" {
		t.Errorf("not modified: %d %q", answer.StatusCode, text)
	}
}

func TestPartsAreChecked(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	_, text := w.send("POST", "/logs/k?uploads", "")
	var u struct{ UploadId string }
	must(t, xml.Unmarshal([]byte(text), &u))
	tags := map[string]string{}
	for _, n := range []string{"1", "2"} {
		answer, _ := w.send("PUT", "/logs/k?partNumber="+n+"&uploadId="+u.UploadId, "small")
		tags[n] = answer.Header.Get("Etag")
	}
	part := func(n, tag string) string {
		return "<Part><PartNumber>" + n + "</PartNumber><ETag>" + tag + "</ETag></Part>"
	}
	for body, want := range map[string]string{
		part("1", tags["1"]) + part("2", tags["2"]): "EntityTooSmall",
		part("2", tags["2"]) + part("1", tags["1"]): "InvalidPartOrder",
		part("1", "other"):                          "InvalidPart",
		part("3", tags["1"]):                        "InvalidPart",
		part("0", tags["1"]):                        "MalformedXML",
	} {
		_, text := w.send("POST", "/logs/k?uploadId="+u.UploadId, "<CompleteMultipartUpload>"+body+"</CompleteMultipartUpload>")
		if !strings.Contains(text, "<Code>"+want+"</Code>") {
			t.Errorf("%s: %s", body, text)
		}
	}
	if answer, _ := w.send("PUT", "/logs/other?partNumber=1&uploadId="+u.UploadId, "x"); answer.StatusCode != 404 {
		t.Errorf("an upload of another key: %d", answer.StatusCode)
	}
	if _, text := w.send("GET", "/logs/k?uploadId="+u.UploadId+"&max-parts=1", ""); !strings.Contains(text, "<IsTruncated>true</IsTruncated>") || strings.Count(text, "<Part>") != 1 {
		t.Error(text)
	}
	if answer, _ := w.send("DELETE", "/logs/k?uploadId="+u.UploadId, ""); answer.StatusCode != 204 {
		t.Error(answer.StatusCode)
	}
	if _, text := w.send("GET", "/logs?uploads", ""); strings.Contains(text, "<Upload>") {
		t.Error(text)
	}
}
