package app

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
)

// What no client of AWS's sends, byte by byte.
func TestOddRequests(t *testing.T) {
	w := newWorld(t)
	if _, err := w.s3(testRoot).CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("mine"), CreateBucketConfiguration: bucketIn()}); err != nil {
		t.Fatal(err)
	}
	list := string(query("Action=ListTopics&Version=2010-03-31").raw(t, w.host))
	create := string(query("Action=CreateTopic&Version=2010-03-31&Name=evil").raw(t, w.host))
	before := w.things()
	for _, c := range []struct {
		name, text string
		status     int
		says       string
	}{
		{"HTTP/1.0", strings.Replace(list, "HTTP/1.1", "HTTP/1.0", 1), 200, "ListTopicsResult"},
		{"absolute form", strings.Replace(list, "POST / ", "POST http://"+w.host+"/ ", 1), 200, "ListTopicsResult"},
		{"absolute form of another host", strings.Replace(create, "POST / ", "POST http://elsewhere.example/ ", 1), 403, "SignatureDoesNotMatch"},
		{"a proxy's request", "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n", 405, ""},
		{"a request for the server", "OPTIONS * HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n", 200, ""},
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400, ""},
		{"two hosts", strings.Replace(create, "\r\n", "\r\nHost: elsewhere.example\r\n", 1), 400, ""},
		{"a host with a slash", "GET / HTTP/1.1\r\nHost: a/b.localhost\r\n\r\n", 400, ""},
		{"two lengths", strings.Replace(create, "Content-Length:", "Content-Length: 1\r\nContent-Length:", 1), 400, ""},
		{"length and chunks", strings.Replace(strings.Split(create, "\r\n\r\n")[0], "Content-Length:", "Transfer-Encoding: chunked\r\nContent-Length:", 1) + "\r\n\r\n0\r\n\r\n", 403, "SignatureDoesNotMatch"},
		{"chunks that are none", strings.Split(create, "\r\n\r\n")[0] + "\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 403, "SignatureDoesNotMatch"},
		{"an encoding that there is not", strings.Split(create, "\r\n\r\n")[0] + "\r\nTransfer-Encoding: gzip\r\n\r\n", 501, ""},
		{"a bad escape", "GET /%zz HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n", 400, ""},
		{"a control character", "GET /\x01 HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n", 400, ""},
		{"a bucket in the host", "GET /k HTTP/1.1\r\nHost: mine.localhost\r\n\r\n", 403, "AccessDenied"},
		{"a bucket with dots in the host", "GET /k HTTP/1.1\r\nHost: ....localhost\r\n\r\n", 404, "NoSuchBucket"},
		{"no bucket in the host", "GET /k HTTP/1.1\r\nHost: .localhost\r\n\r\n", 400, "InvalidBucketName"},
		{"a path that climbs", "GET /mine/../../etc/passwd HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n", 403, "AccessDenied"},
		{"a browser's page elsewhere", "POST / HTTP/1.1\r\nHost: " + w.host + "\r\nOrigin: http://evil.example\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n", 404, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.sendRaw(t, []byte(c.text))
			if got.status != c.status || !strings.Contains(got.body, c.says) {
				t.Errorf("%d %.300q, want %d %s", got.status, got.body, c.status, c.says)
			}
		})
	}
	if after := w.things(); after != before {
		t.Errorf("there was\n%s\nand now is\n%s", before, after)
	}
}

// The keys of objects are what they are, however they look.
func TestOddKeys(t *testing.T) {
	w := newWorld(t)
	client := w.s3(testRoot)
	if _, err := client.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("mine"), CreateBucketConfiguration: bucketIn()}); err != nil {
		t.Fatal(err)
	}
	keys := []string{"/", "//", "/a", "a//b", "..", "../..", "../mine2/x", "a/../b", ".", "./a", "%2f", "%", "a%2fb", "a b+c", "\x01\x1f", "a\nb", "ä", "\u2028", "?", "a?versionId=x", "#", "*", "${aws:username}", `\`, "a;b", strings.Repeat("k", 1024)}
	for _, key := range keys {
		if _, err := client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("mine"), Key: &key, Body: strings.NewReader(key)}); err != nil {
			t.Errorf("%q: %v", key, err)
			continue
		}
	}
	for _, key := range keys {
		got, err := client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("mine"), Key: &key})
		if err != nil {
			t.Errorf("%q: %v", key, err)
			continue
		}
		text, err := io.ReadAll(got.Body)
		got.Body.Close()
		if err != nil || string(text) != key {
			t.Errorf("%q is %q: %v", key, text, err)
		}
	}
	listed, err := client.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("mine")})
	if err != nil || len(listed.Contents) != len(keys) {
		t.Errorf("%d are listed of %d: %v", len(listed.Contents), len(keys), err)
	}
}

// endless gives n bytes without holding them.
func endless(n int64) io.Reader { return io.LimitReader(zeros{}, n) }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Bodies that are too large are not read, whoever sends how many of them.
func TestLargeBodies(t *testing.T) {
	w := newWorld(t)
	const size = 100 << 20
	stranger := RootKey{"AKIASTRANGER00000000", testRoot.Secret}
	post := func(m made, length int64) func(t *testing.T) (int, string) {
		return func(t *testing.T) (int, string) {
			r := m.request(t, w.host)
			r.Body, r.ContentLength = io.NopCloser(endless(size)), length
			answer, err := (&http.Transport{ExpectContinueTimeout: time.Second}).RoundTrip(r)
			if err != nil {
				return 0, err.Error()
			}
			got, _ := outcomeOf(answer)
			return got.status, got.body
		}
	}
	call := jsonCall("Logs_20140328.CreateLogGroup", "{}")
	cases := []struct {
		name   string
		send   func(t *testing.T) (int, string)
		status int
		says   string
	}{
		{"JSON", post(call, size), 413, "RequestEntityTooLarge"},
		{"Query", post(query(""), size), 413, "RequestEntityTooLarge"},
		{"CBOR", post(cborCall("PutMetricData", ""), size), 413, "RequestEntityTooLarge"},
		{"JSON of no known length", post(call, -1), 413, "RequestEntityTooLarge"},
		{"of an unknown key", post(call.as(stranger), size), 400, "UnrecognizedClientException"},
		{"of nobody", post(call.unsigned(), -1), 400, "MissingAuthenticationTokenException"},
		{"S3, of an unknown key", post(s3Call("PUT", "/mine/k", "").as(stranger), size), 403, "InvalidAccessKeyId"},
		{"S3, a document", post(s3Call("PUT", "/mine?tagging", ""), size), 404, "NoSuchBucket"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status, body := c.send(t)
			// A client that is still writing may find the connection closed instead.
			if status != 0 && (status != c.status || !strings.Contains(body, c.says)) {
				t.Errorf("%d %.300q, want %d %s", status, body, c.status, c.says)
			}
		})
	}
	// All at once, from people with no key, while others are served.
	var flood sync.WaitGroup
	peak := uint64(0)
	for range 60 {
		flood.Go(func() { cases[4].send(t) })
	}
	for range 20 {
		if _, err := w.sns(testRoot).ListTopics(t.Context(), &awssns.ListTopicsInput{}); err != nil {
			t.Error(err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	}
	flood.Wait()
	t.Logf("at most %d MB were held", peak>>20)
	if peak > 300<<20 {
		t.Errorf("%d MB were held", peak>>20)
	}
}

// Connections that say little do not keep others from being served.
func TestSlowClients(t *testing.T) {
	w := newWorld(t)
	body := query("Action=CreateTopic&Version=2010-03-31&Name=evil").raw(t, w.host)
	head := body[:bytes.Index(body, []byte("\r\n\r\n"))+4]
	var slow []net.Conn
	defer func() {
		for _, c := range slow {
			c.Close()
		}
	}()
	for i := range maxConnections + 100 {
		c, err := net.Dial("tcp", w.host)
		if err != nil {
			t.Fatal(err)
		}
		slow = append(slow, c)
		text := body[:20]
		switch i % 4 {
		case 1:
			text = head // and nothing of the body
		case 2:
			text = nil
		case 3:
			text = []byte("GET /x HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n") // and then nothing more
		}
		if _, err := c.Write(text); err != nil && i < maxConnections {
			t.Fatal(err)
		}
	}
	began := time.Now()
	for range 5 {
		fresh := &http.Transport{DisableKeepAlives: true}
		answer, err := fresh.RoundTrip(query("Action=ListTopics&Version=2010-03-31").request(t, w.host))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := outcomeOf(answer); err != nil || got.status != http.StatusOK {
			t.Fatalf("%d %v", got.status, err)
		}
	}
	// Before the slow ones are closed for their slowness.
	if took := time.Since(began); took > headerWithin*3/4 {
		t.Errorf("others waited for %s", took)
	}
	// Who drips a header is closed in time.
	c, err := net.Dial("tcp", w.host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	began = time.Now()
	stop := make(chan struct{})
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Millisecond):
				_, _ = fmt.Fprintf(c, "%.1s", "GET / HTTP/1.1\r\nX: "[min(i, 19):])
			}
		}
	}()
	defer close(stop)
	if err := c.SetReadDeadline(time.Now().Add(12 * headerWithin)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, bufio.NewReader(c)); isTimeout(err) {
		t.Errorf("a header may drip for %s", time.Since(began))
	}
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}
