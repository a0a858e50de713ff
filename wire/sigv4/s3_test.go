package sigv4

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// The example of the Amazon S3 API Reference, "Transferring Payload in Multiple
// Chunks": a key of 66560 times the letter a.
const (
	documentedKey    = "AKIAIOSFODNN7EXAMPLE"
	documentedSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

var documentedSignatures = []string{
	"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
	"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
	"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
}

func documented(change func(body string) string) (*http.Request, *Verifier) {
	var body strings.Builder
	for i, n := range []int{65536, 1024, 0} {
		fmt.Fprintf(&body, "%x;chunk-signature=%s\r\n%s\r\n", n, documentedSignatures[i], strings.Repeat("a", n))
	}
	r, err := http.NewRequest(http.MethodPut, "https://s3.amazonaws.com/examplebucket/chunkObject.txt", strings.NewReader(change(body.String())))
	if err != nil {
		panic(err)
	}
	r.Host = "s3.amazonaws.com"
	r.ContentLength = 66824
	for name, value := range map[string]string{
		"X-Amz-Date": "20130524T000000Z", "X-Amz-Storage-Class": "REDUCED_REDUNDANCY", "X-Amz-Content-Sha256": signedChunks,
		"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": "66560",
		"Authorization": "AWS4-HMAC-SHA256 Credential=" + documentedKey + "/20130524/us-east-1/s3/aws4_request,SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
	} {
		r.Header.Set(name, value)
	}
	return r, &Verifier{
		Now: func() time.Time { return time.Date(2013, 5, 24, 0, 1, 0, 0, time.UTC) },
		Secret: func(_ context.Context, id string) (string, bool, error) {
			return documentedSecret, id == documentedKey, nil
		},
	}
}

func TestDocumentedChunks(t *testing.T) {
	r, v := documented(func(s string) string { return s })
	if _, err := v.VerifyS3(r); err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || string(body) != strings.Repeat("a", 66560) || r.ContentLength != 66560 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	for name, c := range map[string]struct {
		change func(string) string
		code   string
	}{
		"a byte":               {func(s string) string { return strings.Replace(s, "aaa", "aba", 1) }, "SignatureDoesNotMatch"},
		"a signature":          {func(s string) string { return strings.Replace(s, "ad80", "ad81", 1) }, "SignatureDoesNotMatch"},
		"the last signature":   {func(s string) string { return strings.Replace(s, "b6c6", "b6c7", 1) }, "SignatureDoesNotMatch"},
		"no last chunk":        {func(s string) string { return s[:strings.LastIndex(s, "0;chunk")] }, "IncompleteBody"},
		"cut in a chunk":       {func(s string) string { return s[:4000] }, "IncompleteBody"},
		"a chunk left out":     {func(s string) string { return s[:65626] + s[strings.LastIndex(s, "0;chunk"):] }, "IncompleteBody"},
		"ended before its end": {func(s string) string { return s[strings.LastIndex(s, "0;chunk"):] }, "IncompleteBody"},
		"no signature":         {func(s string) string { return strings.Replace(s, ";chunk-signature=", ";x=", 1) }, "InvalidRequest"},
		"no size":              {func(s string) string { return "x" + s }, "InvalidRequest"},
		"a negative size":      {func(s string) string { return "-" + s }, "InvalidRequest"},
		"more than was said":   {func(s string) string { return "f" + s }, "IncompleteBody"},
		"behind the end":       {func(s string) string { return s + "x" }, "InvalidRequest"},
		"a trailer":            {func(s string) string { return s[:len(s)-2] + "x-amz-checksum-crc32:x\r\n\r\n" }, "MalformedTrailerError"},
		"a header without end": {func(s string) string { return strings.Repeat("0", 5000) + s }, "InvalidRequest"},
	} {
		r, v := documented(c.change)
		if _, err := v.VerifyS3(r); err != nil {
			t.Fatal(err)
		}
		_, err := io.ReadAll(r.Body)
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// chunked is a request whose body is sent in chunks, signed here chunk by chunk
// unless they are not to be.
func chunked(t *testing.T, declared, trailer string, chunks ...string) *http.Request {
	t.Helper()
	length := 0
	for _, c := range chunks {
		length += len(c)
	}
	r := request(t, "PUT", "/bucket/key", "", "X-Amz-Content-Sha256", declared, "X-Amz-Decoded-Content-Length", strconv.Itoa(length), "X-Amz-Trailer", "x-amz-checksum-crc32")
	r.Body, r.ContentLength = nil, 0
	err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).SignHTTP(t.Context(),
		aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, r, declared, "s3", "eu-central-1", now)
	if err != nil {
		t.Fatal(err)
	}
	c, err := readClaim(r)
	if err != nil {
		t.Fatal(err)
	}
	signer := chunkSigner{key: c.key(secret), at: c.at.Format(timeLayout), scope: c.scope(), previous: c.signature}
	var body strings.Builder
	for _, chunk := range append(chunks, "") {
		sum := sha256.Sum256([]byte(chunk))
		fmt.Fprintf(&body, "%x", len(chunk))
		if declared != unsignedChunksTrailer {
			body.WriteString(";chunk-signature=" + signer.made(Algorithm+"-PAYLOAD", emptyHash, hex.EncodeToString(sum[:])))
		}
		body.WriteString("\r\n" + chunk)
		if chunk != "" {
			body.WriteString("\r\n")
		}
	}
	body.WriteString(trailer + "\r\n")
	if declared == signedChunksTrailer {
		sum := sha256.Sum256([]byte(strings.ReplaceAll(trailer, "\r", "") + "\n"))
		body.WriteString("x-amz-trailer-signature:" + signer.made(Algorithm+"-TRAILER", hex.EncodeToString(sum[:])) + "\r\n")
	}
	body.WriteString("\r\n")
	r.Body = io.NopCloser(strings.NewReader(body.String()))
	return r
}

// made is the next signature, by the words of the reference.
func (s *chunkSigner) made(algorithm string, hashes ...string) string {
	h := hmac.New(sha256.New, s.key)
	h.Write([]byte(algorithm + "\n" + s.at + "\n" + s.scope + "\n" + s.previous + "\n" + strings.Join(hashes, "\n")))
	s.previous = hex.EncodeToString(h.Sum(nil))
	return s.previous
}

func TestTrailers(t *testing.T) {
	for _, declared := range []string{signedChunksTrailer, unsignedChunksTrailer} {
		r := chunked(t, declared, "x-amz-checksum-crc32:AAAAAA==", "one", strings.Repeat("two", 3000))
		if _, err := verifier().VerifyS3(r); err != nil {
			t.Fatalf("%s: %v", declared, err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || len(body) != 9003 || r.Trailer.Get("X-Amz-Checksum-Crc32") != "AAAAAA==" {
			t.Errorf("%s: %d bytes, %v, %v", declared, len(body), r.Trailer, err)
		}
	}
	r := chunked(t, signedChunksTrailer, "x-amz-checksum-crc32:AAAAAA==", "one")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(bytes.Replace(body, []byte("AAAAAA"), []byte("AAAAAB"), 1)))
	if _, err := verifier().VerifyS3(r); err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(r.Body)
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Code != "SignatureDoesNotMatch" {
		t.Errorf("changed trailer: %v", err)
	}
}

func TestS3SaysWhatIsWrong(t *testing.T) {
	sum := func(body string) string {
		s := sha256.Sum256([]byte(body))
		return hex.EncodeToString(s[:])
	}
	plain := func(change func(*http.Request)) *http.Request {
		r := signed(t, "PUT", "/bucket/key?x=1", "body", "s3", now, "X-Amz-Content-Sha256", sum("body"))
		change(r)
		return r
	}
	replace := func(old, with string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, with, 1))
		}
	}
	for _, c := range []struct {
		name string
		r    *http.Request
		code string
	}{
		{"as signed", plain(func(*http.Request) {}), ""},
		{"another body", plain(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("Body")) }), "XAmzContentSHA256Mismatch"},
		{"no body", plain(func(r *http.Request) { r.Body = http.NoBody }), "XAmzContentSHA256Mismatch"},
		{"another path", plain(func(r *http.Request) { r.URL.Path = "/bucket/other" }), "SignatureDoesNotMatch"},
		{"a header added", plain(func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }), "AccessDenied"},
		{"no hash", plain(func(r *http.Request) { r.Header.Del("X-Amz-Content-Sha256") }), "InvalidRequest"},
		{"a strange hash", plain(func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "x") }), "InvalidArgument"},
		{"cut signature", plain(func(r *http.Request) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", a[:len(a)-1])
		}), "SignatureDoesNotMatch"},
		{"unknown key", plain(replace(keyID, "AKIAEXAMPLE000000002")), "InvalidAccessKeyId"},
		{"another service", plain(replace("/s3/", "/sns/")), "AuthorizationHeaderMalformed"},
		{"another day", plain(replace("/20260301/", "/20260302/")), "AuthorizationHeaderMalformed"},
		{"no signature member", plain(replace("Signature=", "Other=")), "AuthorizationHeaderMalformed"},
		{"version 2", plain(func(r *http.Request) { r.Header.Set("Authorization", "AWS a:b") }), "InvalidRequest"},
		{"14 minutes old", signed(t, "GET", "/b", "", "s3", now.Add(-14*time.Minute), "X-Amz-Content-Sha256", emptyHash), ""},
		{"16 minutes old", signed(t, "GET", "/b", "", "s3", now.Add(-16*time.Minute), "X-Amz-Content-Sha256", emptyHash), "RequestTimeTooSkewed"},
		{"16 minutes ahead", signed(t, "GET", "/b", "", "s3", now.Add(16*time.Minute), "X-Amz-Content-Sha256", emptyHash), "RequestTimeTooSkewed"},
	} {
		_, err := verifier().VerifyS3(c.r)
		if err == nil {
			_, err = io.ReadAll(c.r.Body)
		}
		var refusal *Error
		if c.code == "" && err != nil || c.code != "" && (!errors.As(err, &refusal) || refusal.Code != c.code) {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
	}
}

func TestPresignedForS3(t *testing.T) {
	presigned := func(age time.Duration, headers ...string) *http.Request {
		r := request(t, "PUT", "/bucket/k%20y?X-Amz-Expires=3600", "", headers...)
		link, _, err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).PresignHTTP(t.Context(),
			aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, r, unsigned, "s3", "eu-central-1", now.Add(-age))
		if err != nil {
			t.Fatal(err)
		}
		out, err := http.NewRequest("PUT", link, strings.NewReader("anything"))
		if err != nil {
			t.Fatal(err)
		}
		out.Host = "tocsin.example:4580"
		return out
	}
	// A link may say in its query what its body's hash is, and then that is signed.
	for body, want := range map[string]string{"anything": "", "other": "XAmzContentSHA256Mismatch"} {
		const hash = "ee0874170b7f6f32b8c2ac9573c428d35b575270a66b757c2c0185d2bd09718d" // of "anything"
		r := request(t, "PUT", "/bucket/key?X-Amz-Expires=3600&X-Amz-Content-Sha256="+hash, "")
		link, _, err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).PresignHTTP(t.Context(),
			aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, r, hash, "s3", "eu-central-1", now)
		if err != nil {
			t.Fatal(err)
		}
		out, err := http.NewRequest("PUT", link, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		out.Host = "tocsin.example:4580"
		_, err = verifier().VerifyS3(out)
		if err == nil {
			_, err = io.ReadAll(out.Body)
		}
		var refusal *Error
		if want == "" && err != nil || want != "" && (!errors.As(err, &refusal) || refusal.Code != want) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
	for age, code := range map[time.Duration]string{0: "", 59 * time.Minute: "", 61 * time.Minute: "AccessDenied", -20 * time.Minute: "AccessDenied"} {
		_, err := verifier().VerifyS3(presigned(age))
		var refusal *Error
		if code == "" && err != nil || code != "" && (!errors.As(err, &refusal) || refusal.Code != code) {
			t.Errorf("%s old: %v, want %q", age, err, code)
		}
	}
}

// FuzzChunks looks for a body of chunks that is let through with other bytes
// than were signed, and for readers that do not end.
func FuzzChunks(f *testing.F) {
	r, _ := documented(func(s string) string { return s })
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte("3\r\nabc\r\n0\r\nx-amz-checksum-crc32:a\r\n\r\n"))
	f.Add([]byte("0\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, v := documented(func(string) string { return string(body) })
		if _, err := v.VerifyS3(r); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r.Body); err == nil && string(got) != strings.Repeat("a", 66560) {
			t.Fatalf("let through: %d bytes", len(got))
		}
		plain := &http.Request{Header: http.Header{"X-Amz-Content-Sha256": {unsignedChunksTrailer}, "X-Amz-Decoded-Content-Length": {"3"}}, Body: io.NopCloser(bytes.NewReader(body))}
		if err := UnwrapS3(plain); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(plain.Body); err == nil && len(got) != 3 {
			t.Fatalf("%d bytes", len(got))
		}
	})
}
