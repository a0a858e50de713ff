package sigv4

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	keyID  = "AKIAEXAMPLE000000001"
	secret = "not/a+real=secret"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func verifier() *Verifier {
	return &Verifier{
		Secret: func(_ context.Context, id string) (string, bool, error) { return secret, id == keyID, nil },
		Now:    func() time.Time { return now }, MaxBody: 1 << 10,
	}
}

// signed is a request signed by the SDK, as a server receives it.
func signed(t *testing.T, method, target, body, service string, at time.Time, headers ...string) *http.Request {
	t.Helper()
	r := request(t, method, target, body, headers...)
	sum := sha256.Sum256([]byte(body))
	err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" }).SignHTTP(t.Context(),
		aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, r, hex.EncodeToString(sum[:]), service, "eu-central-1", at)
	if err != nil {
		t.Fatal(err)
	}
	return received(t, r)
}

func request(t *testing.T, method, target, body string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, "http://tocsin.example:4580"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// received sends a request over a real connection.
func received(t *testing.T, r *http.Request) *http.Request {
	t.Helper()
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, in *http.Request) {
		body, err := io.ReadAll(in.Body)
		if err != nil {
			t.Error(err)
		}
		got = in.Clone(context.Background())
		got.Body = io.NopCloser(bytes.NewReader(body))
	}))
	defer server.Close()
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	r.Host, r.URL.Host = "tocsin.example:4580", at.Host
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return got
}

func TestVerifyWhatTheSDKSigns(t *testing.T) {
	for name, r := range map[string]*http.Request{
		"JSON":            signed(t, "POST", "/", `{"a":1}`, "logs", now, "Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", "Logs_20140328.DescribeLogGroups"),
		"Query":           signed(t, "POST", "/", "Action=ListTopics&Version=2010-03-31", "sns", now, "Content-Type", "application/x-www-form-urlencoded"),
		"no body":         signed(t, "GET", "/?a=b", "", "sns", now),
		"odd query":       signed(t, "GET", "/x?b=2&a=%20+&a=1&c&%C3%A4=%2F", "", "sns", now),
		"odd path":        signed(t, "GET", "/a%20b/c+d/%C3%A4/e%2Ff", "", "logs", now),
		"S3 path":         signed(t, "GET", "/bucket/a%20b/c+d/%C3%A4", "", "s3", now),
		"blanks":          signed(t, "GET", "/", "", "sns", now, "X-Amz-Meta-A", "  a   b ", "X-Amz-Meta-A", "c"),
		"clock behind":    signed(t, "GET", "/", "", "sns", now.Add(-4*time.Minute)),
		"clock ahead":     signed(t, "GET", "/", "", "sns", now.Add(4*time.Minute)),
		"declared a hash": signed(t, "POST", "/", "x", "sns", now, "X-Amz-Content-Sha256", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"),
	} {
		who, err := verifier().Verify(r)
		if err != nil || who.AccessKeyID != keyID || who.Region != "eu-central-1" {
			t.Errorf("%s: %+v, %v", name, who, err)
		}
	}
}

func TestVerifyPresigned(t *testing.T) {
	presigned := func(expires string) *http.Request {
		r := request(t, "GET", "/bucket/key?x=1&X-Amz-Expires="+expires, "")
		link, headers, err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).PresignHTTP(t.Context(),
			aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, r, unsigned, "s3", "eu-central-1", now.Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		signed, err := http.NewRequest("GET", link, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range headers {
			if name != "Host" {
				signed.Header[name] = values
			}
		}
		return received(t, signed)
	}
	if _, err := verifier().Verify(presigned("7200")); err != nil {
		t.Error(err)
	}
	for expires, code := range map[string]string{"3599": "SignatureDoesNotMatch", "0": "AuthorizationQueryParametersError", "604801": "AuthorizationQueryParametersError", "x": "AuthorizationQueryParametersError"} {
		wantCode(t, "expires "+expires, presigned(expires), code)
	}
	changed := presigned("7200")
	changed.URL.RawQuery = strings.Replace(changed.URL.RawQuery, "x=1", "x=2", 1)
	wantCode(t, "changed query", changed, "SignatureDoesNotMatch")
}

func wantCode(t *testing.T, name string, r *http.Request, code string) {
	t.Helper()
	_, err := verifier().Verify(r)
	var refusal *Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Errorf("%s: %v, want %s", name, err, code)
	}
}

func TestRefuse(t *testing.T) {
	plain := func(change func(*http.Request)) *http.Request {
		r := signed(t, "POST", "/?q=1", "body", "sns", now, "X-Amz-Target", "A")
		change(r)
		return r
	}
	replace := func(old, with string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, with, 1))
		}
	}
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		code   string
	}{
		{"no signature", func(r *http.Request) { r.Header.Del("Authorization") }, "MissingAuthenticationToken"},
		{"another body", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("Body")) }, "SignatureDoesNotMatch"},
		{"another method", func(r *http.Request) { r.Method = "GET" }, "SignatureDoesNotMatch"},
		{"another path", func(r *http.Request) { r.URL.Path = "/x" }, "SignatureDoesNotMatch"},
		{"another query", func(r *http.Request) { r.URL.RawQuery = "q=2" }, "SignatureDoesNotMatch"},
		{"another host", func(r *http.Request) { r.Host = "other" }, "SignatureDoesNotMatch"},
		{"another operation", func(r *http.Request) { r.Header.Set("X-Amz-Target", "B") }, "SignatureDoesNotMatch"},
		{"a header added", func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "B") }, "SignatureDoesNotMatch"},
		{"another service", replace("/sns/", "/iam/"), "SignatureDoesNotMatch"},
		{"another Region", replace("/eu-central-1/", "/us-east-1/"), "SignatureDoesNotMatch"},
		{"another day", replace("/20260301/", "/20260302/"), "SignatureDoesNotMatch"},
		{"unknown key", replace(keyID, "AKIAEXAMPLE000000002"), "UnrecognizedClientException"},
		{"host not signed", replace("host;", ""), "IncompleteSignature"},
		{"not in order", replace("host;x-amz-date", "x-amz-date;host"), "IncompleteSignature"},
		{"no signature member", replace("Signature=", "Other="), "IncompleteSignature"},
		{"member twice", replace("Signature=", "Signature=0, Signature="), "IncompleteSignature"},
		{"short credential", replace("/aws4_request", ""), "IncompleteSignature"},
		{"another algorithm", replace("HMAC", "NONE"), "IncompleteSignature"},
		{"two headers", func(r *http.Request) { r.Header.Add("Authorization", "x") }, "IncompleteSignature"},
		{"both ways", func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Signature=0" }, "IncompleteSignature"},
		{"no date", func(r *http.Request) { r.Header.Del("X-Amz-Date") }, "IncompleteSignature"},
		{"bad date", func(r *http.Request) { r.Header.Set("X-Amz-Date", "now") }, "IncompleteSignature"},
		{"date of another moment", func(r *http.Request) { r.Header.Set("X-Amz-Date", "20260301T120001Z") }, "SignatureDoesNotMatch"},
		{"cut signature", func(r *http.Request) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", a[:len(a)-1])
		}, "SignatureDoesNotMatch"},
	} {
		wantCode(t, c.name, plain(c.change), c.code)
	}
	wantCode(t, "too old", signed(t, "GET", "/", "", "sns", now.Add(-6*time.Minute)), "SignatureDoesNotMatch")
	wantCode(t, "from the future", signed(t, "GET", "/", "", "sns", now.Add(6*time.Minute)), "SignatureDoesNotMatch")
	wantCode(t, "body unsigned", signed(t, "POST", "/", "x", "sns", now, "X-Amz-Content-Sha256", unsigned), "InvalidSignatureException")
	wantCode(t, "hash of another body", signed(t, "POST", "/", "x", "sns", now, "X-Amz-Content-Sha256", emptyHash), "XAmzContentSHA256Mismatch")
	if _, err := verifier().Verify(signed(t, "POST", "/", strings.Repeat("x", 1025), "sns", now)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("large body: %v", err)
	}
}

func TestVerifyTellsWhenKeysCannotBeRead(t *testing.T) {
	v := verifier()
	gone := errors.New("the database is gone")
	v.Secret = func(context.Context, string) (string, bool, error) { return "", false, gone }
	if _, err := v.Verify(signed(t, "GET", "/", "", "sns", now)); !errors.Is(err, gone) {
		t.Error(err)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("/?a=b", "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE000000001/20260301/eu-central-1/sns/aws4_request, SignedHeaders=host, Signature=00", "")
	f.Add("/?X-Amz-Signature=0&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/20260301/r/s/aws4_request&X-Amz-Date=20260301T120000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host", "", "x")
	f.Fuzz(func(t *testing.T, target, authorization, body string) {
		at, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		r := &http.Request{
			Method: "POST", URL: at, Host: "h", Body: io.NopCloser(strings.NewReader(body)),
			Header: http.Header{"X-Amz-Date": {"20260301T120000Z"}},
		}
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		if who, err := verifier().Verify(r); err == nil {
			t.Fatalf("let in: %+v", who)
		}
	})
}

// Links of other services than S3 are good for a quarter of an hour at most; those
// that clusters use as tokens say a minute, some SDKs nothing.
func TestPresignedElsewhere(t *testing.T) {
	for _, c := range []struct {
		service, expires string
		age              time.Duration
		code             string
	}{
		{"sts", "", 0, ""},
		{"sts", "", 14 * time.Minute, ""},
		{"sts", "&X-Amz-Expires=60", 14 * time.Minute, ""},
		{"sts", "&X-Amz-Expires=60", 16 * time.Minute, "SignatureDoesNotMatch"},
		{"sts", "&X-Amz-Expires=604800", 16 * time.Minute, "SignatureDoesNotMatch"},
		{"sts", "&X-Amz-Expires=x", 0, "AuthorizationQueryParametersError"},
		{"sts", "", -6 * time.Minute, "SignatureDoesNotMatch"},
		{"sns", "", 14 * time.Minute, ""},
		{"sns", "&X-Amz-Expires=60", 2 * time.Minute, "SignatureDoesNotMatch"},
		{"sns", "&X-Amz-Expires=604800", 16 * time.Minute, "SignatureDoesNotMatch"},
		{"sns", "&X-Amz-Expires=9223372037", 16 * time.Minute, "AuthorizationQueryParametersError"},
	} {
		r := request(t, "GET", "/?Action=GetCallerIdentity&Version=2011-06-15"+c.expires, "")
		link, _, err := v4.NewSigner().PresignHTTP(t.Context(), aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, r, emptyHash, c.service, "eu-central-1", now.Add(-c.age))
		if err != nil {
			t.Fatal(err)
		}
		out, err := http.NewRequest("GET", link, nil)
		if err != nil {
			t.Fatal(err)
		}
		out.Host = r.Host
		_, err = verifier().Verify(received(t, out))
		var refusal *Error
		if c.code == "" && err != nil || c.code != "" && (!errors.As(err, &refusal) || refusal.Code != c.code) {
			t.Errorf("%s %q, %s old: %v, want %q", c.service, c.expires, c.age, err, c.code)
		}
	}
}
