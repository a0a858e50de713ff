package event

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// cisPaths are what the 15 CIS patterns look at, and the ID and time.
var cisPaths = []Path{
	Members("eventName"), Members("eventSource"), Members("errorCode"), Members("errorMessage"), Members("eventType"),
	Members("userIdentity", "type"), Members("userIdentity", "invokedBy"), Members("additionalEventData", "MFAUsed"),
	Members("responseElements", "ConsoleLogin"), Members("sourceIPAddress"), Members("eventTime"), Members("eventID"),
}

// sampleLog is a log file of made-up events of the usual sizes and member
// order: about 1,500 bytes each, a few with errors, escapes and nesting.
func sampleLog(events int) []byte {
	random := rand.New(rand.NewPCG(7, 11))
	hex := func(n int) string { return fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64())[:n] }
	guid := func() string { return hex(8) + "-" + hex(4) + "-4" + hex(3) + "-a" + hex(3) + "-" + hex(12) }
	names := []string{"DescribeInstances", "AssumeRole", "GetObject", "ListBuckets", "Decrypt", "CreateLogStream", "PutRolePolicy", "GetCallerIdentity"}
	var b bytes.Buffer
	b.WriteString(`{"Records":[`)
	for i := range events {
		if i > 0 {
			b.WriteByte(',')
		}
		name, account := names[random.IntN(len(names))], 111122223333+random.IntN(4)
		role := "role-" + hex(6)
		fmt.Fprintf(&b, `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROA%s:session-%d","arn":"arn:aws:sts::%d:assumed-role/%s/session-%d","accountId":"%d","accessKeyId":"ASIA%s",`,
			hex(16), i%90, account, role, i%90, account, hex(16))
		fmt.Fprintf(&b, `"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA%s","arn":"arn:aws:iam::%d:role/%s","accountId":"%d","userName":"%s"},"webIdFederationData":{},"attributes":{"creationDate":"2026-01-02T03:%02d:00Z","mfaAuthenticated":"false"}}},`,
			hex(16), account, role, account, role, i%60)
		fmt.Fprintf(&b, `"eventTime":"2026-01-02T03:%02d:%02dZ","eventSource":"ec2.amazonaws.com","eventName":"%s","awsRegion":"us-east-1","sourceIPAddress":"10.0.%d.%d","userAgent":"aws-cli/2.13.5 Python/3.11.4 Linux/4.14.255-314-253.539.amzn2.x86_64 exec-env/CloudShell exe/x86_64.amzn.2 prompt/off command/x",`,
			i/60%60, i%60, name, random.IntN(256), random.IntN(256))
		switch {
		case random.IntN(20) == 0:
			fmt.Fprintf(&b, `"errorCode":"AccessDenied","errorMessage":"User: arn:aws:sts::%d:assumed-role/%s is not authorized to perform: ec2:%s","requestParameters":null,"responseElements":null,`, account, role, name)
		case name == "PutRolePolicy":
			fmt.Fprintf(&b, `"requestParameters":{"roleName":"%s","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:Get*\"],\"Resource\":\"*\"}]}"},"responseElements":null,`, role)
		default:
			fmt.Fprintf(&b, `"requestParameters":{"instancesSet":{"items":[{"instanceId":"i-%s"},{"instanceId":"i-%s"}]},"filterSet":{},"maxResults":%d},"responseElements":{"requestId":"%s","items":[{"a":{"b":[1,2,3]},"state":"running"}],"_return":true},`,
				hex(17), hex(17), random.IntN(1000), guid())
		}
		fmt.Fprintf(&b, `"requestID":"%s","eventID":"%s","readOnly":%t,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"%d","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"ec2.us-east-1.amazonaws.com"}}`,
			guid(), guid(), name[0] != 'P', account)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func zipped(b *testing.B, text []byte) []byte {
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, 6)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return z.Bytes()
}

func BenchmarkGunzip(b *testing.B) {
	text := sampleLog(5000)
	file := zipped(b, text)
	b.SetBytes(int64(len(text)))
	z, buf := new(gzip.Reader), make([]byte, windowStart)
	for b.Loop() {
		if err := z.Reset(bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
		if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{z}, buf); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkReader(b *testing.B, text, file []byte) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	r := NewReader(NewFields(cisPaths...), Options{})
	src := bytes.NewReader(nil)
	for b.Loop() {
		src.Reset(file)
		r.Reset("file", src)
		n := 0
		for {
			if _, err := r.Next(); err != nil {
				break
			}
			n++
		}
		if n != 5000 {
			b.Fatal(n, r.Problems())
		}
	}
}

func BenchmarkReaderGzip(b *testing.B) {
	text := sampleLog(5000)
	benchmarkReader(b, text, zipped(b, text))
}

func BenchmarkReaderText(b *testing.B) {
	text := sampleLog(5000)
	benchmarkReader(b, text, text)
}

// sampleRecords are a thousand records, whose bytes b is told.
func sampleRecords(b *testing.B) (records [][]byte) {
	r := NewReader(nil, Options{})
	text := sampleLog(1000)
	for r.Reset("file", bytes.NewReader(text)); ; {
		rec, err := r.Next()
		if err != nil {
			break
		}
		records = append(records, bytes.Clone(rec.Raw))
	}
	b.SetBytes(int64(len(text)))
	return records
}

func BenchmarkExtract(b *testing.B) {
	records := sampleRecords(b)
	x := NewExtractor(NewFields(cisPaths...))
	for b.Loop() {
		for _, record := range records {
			if _, ok := x.Extract(record); !ok {
				b.Fatal("not extracted")
			}
		}
	}
}

func BenchmarkMarks(b *testing.B) {
	text := sampleLog(1000)
	marks := make([]mark, 64)
	for name, by := range map[string]func([]mark, []byte, *carry){"Go": markBlocksGo, "machine": markBlocks} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text) / (64 * block) * (64 * block)))
			var c carry
			for b.Loop() {
				for p := 0; p+64*block <= len(text); p += 64 * block {
					by(marks, text[p:], &c)
				}
			}
		})
	}
}

func BenchmarkValid(b *testing.B) {
	text := sampleLog(1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if !Valid(text) {
			b.Fatal("not valid")
		}
	}
}
