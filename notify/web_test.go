package notify_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/internal/freeport"
	"tocsin/notify"
	"tocsin/notify/notifytest"
)

// Endpoints that others name are reached on public addresses only, whatever the
// name or the notation.
func TestPrivateEndpoints(t *testing.T) {
	w := &webPeer{answer: answerPlainly, keep: keepBody}
	w.start(t, false)
	_, port, _ := strings.Cut(strings.TrimPrefix(w.server.URL, "http://"), ":")
	r := receiver(t, notify.Options{}, topic.HTTP)
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "169.254.169.254"} {
		n := notifytest.Plain(topic.HTTP, "http://"+host+":"+port+"/")
		n.Trusted = false
		result := r.Send(t.Context(), n)
		if result.Answer != topic.Permanent || !strings.Contains(result.Detail, "refused to connect") {
			t.Errorf("%s: %v: %s", host, result.Answer, result.Detail)
		}
	}
	if n := len(w.takeAll()); n != 0 {
		t.Fatalf("%d messages arrived", n)
	}

	// A connection that was made for a trusted endpoint is not for others.
	n := notifytest.Plain(topic.HTTP, w.server.URL)
	if result := r.Send(t.Context(), n); result.Answer != topic.Delivered {
		t.Errorf("trusted: %v: %s", result.Answer, result.Detail)
	}
	n.Trusted = false
	if result := r.Send(t.Context(), n); result.Answer != topic.Permanent {
		t.Errorf("over a kept connection: %v: %s", result.Answer, result.Detail)
	}

	allowing := receiver(t, notify.Options{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, topic.HTTP)
	if result := allowing.Send(t.Context(), n); result.Answer != topic.Delivered {
		t.Errorf("in an allowed network: %v: %s", result.Answer, result.Detail)
	}
	if n := len(w.takeAll()); n != 2 {
		t.Errorf("%d messages arrived, want 2", n)
	}
}

// A proxy of the environment is not used, one of the options is; then addresses in
// the URL are still refused, and what goes past the proxy is guarded.
func TestProxy(t *testing.T) {
	var proxied atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	t.Cleanup(proxy.Close)
	to, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("NO_PROXY", "")
	n := notifytest.Plain(topic.HTTP, "http://hooks.example:9/")
	n.Trusted = false
	if receiver(t, notify.Options{}, topic.HTTP).Send(t.Context(), n); proxied.Load() != 0 {
		t.Error("the proxy of the environment was used")
	}

	r := receiver(t, notify.Options{Proxy: func(request *http.Request) (*url.URL, error) {
		if request.URL.Hostname() == "localhost" {
			return nil, nil
		}
		return to, nil
	}}, topic.HTTP)
	if result := r.Send(t.Context(), n); result.Answer != topic.Delivered || proxied.Load() != 1 {
		t.Errorf("%v: %s, %d requests over the proxy", result.Answer, result.Detail, proxied.Load())
	}
	for _, endpoint := range []string{"http://10.0.0.1/", "http://localhost:9/"} {
		n.Subscription.Endpoint = endpoint
		if result := r.Send(t.Context(), n); result.Answer != topic.Permanent || proxied.Load() != 1 {
			t.Errorf("%s: %v: %s", endpoint, result.Answer, result.Detail)
		}
	}
}

// The certificate must be of an authority that is believed, and for the host.
func TestCertificates(t *testing.T) {
	w := &webPeer{answer: answerPlainly, keep: keepBody}
	w.start(t, true)
	n := notifytest.Plain(topic.HTTPS, w.server.URL)
	for _, test := range []struct {
		name, endpoint string
		options        notify.Options
	}{
		{"self-signed", w.server.URL, notify.Options{}},
		{"other host", strings.Replace(w.server.URL, "127.0.0.1", "localhost", 1), notify.Options{Roots: w.roots()}},
	} {
		n.Subscription.Endpoint = test.endpoint
		result := receiver(t, test.options, topic.HTTPS).Send(t.Context(), n)
		if result.Answer != topic.Retry || !strings.Contains(result.Detail, "certificate") {
			t.Errorf("%s: %v: %s", test.name, result.Answer, result.Detail)
		}
	}
	if n := len(w.takeAll()); n != 0 {
		t.Errorf("%d messages arrived", n)
	}
}

func TestStatuses(t *testing.T) {
	date := time.Date(2026, 9, 14, 11, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		status     int
		retryAfter string
		answer     topic.Answer
		throttled  bool
		after      time.Duration
	}{
		{200, "", topic.Delivered, false, 0},
		{204, "9", topic.Delivered, false, 0},
		{301, "", topic.Permanent, false, 0},
		{400, "", topic.Permanent, false, 0},
		{401, "", topic.Permanent, false, 0},
		{410, "", topic.Permanent, false, 0},
		{429, "", topic.Retry, true, 0},
		{429, "9", topic.Retry, true, 9 * time.Second},
		{429, "-9", topic.Retry, true, 0},
		{429, "soon", topic.Retry, true, 0},
		{429, "99999999999999999999", topic.Retry, true, 0},
		{429, "86400", topic.Retry, true, time.Hour},
		{429, date.Add(time.Minute).Format(http.TimeFormat), topic.Retry, true, time.Minute},
		{429, date.Add(-time.Minute).Format(http.TimeFormat), topic.Retry, true, 0},
		{500, "", topic.Retry, false, 0},
		{503, "", topic.Retry, false, 0},
		{503, "9", topic.Retry, true, 9 * time.Second},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", date.Format(http.TimeFormat))
			if test.retryAfter != "" {
				w.Header().Set("Retry-After", test.retryAfter)
			}
			w.WriteHeader(test.status)
		}))
		got := receiver(t, notify.Options{}, topic.HTTP).Send(t.Context(), notifytest.Plain(topic.HTTP, server.URL))
		server.Close()
		want := notify.Result{Answer: test.answer, Detail: fmt.Sprintf("HTTP %d", test.status), Throttled: test.throttled, RetryAfter: test.after}
		if got != want {
			t.Errorf("%d %q: %+v, want %+v", test.status, test.retryAfter, got, want)
		}
	}
}

// The user and password of the URL are sent when asked for, in the way asked for.
func TestAuthentication(t *testing.T) {
	const user, password = "hook", "pass:w@rd"
	md5Of := func(s string) string { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]) }
	for _, test := range []struct {
		challenge string
		want      func(authorization string) bool
	}{
		{`Basic realm="x"`, func(a string) bool { return a == "Basic aG9vazpwYXNzOndAcmQ=" }},
		{`Digest realm="x, \"y\"", nonce="abc", qop="auth-int, auth", opaque="o"`, func(a string) bool {
			field := func(name string) string {
				m := regexp.MustCompile(name + `="?([^",]*)`).FindStringSubmatch(a)
				if m == nil {
					return ""
				}
				return m[1]
			}
			want := md5Of(strings.Join([]string{
				md5Of(user + `:x, "y":` + password), "abc", "00000001", field("cnonce"), "auth", md5Of("POST:/a?b=c"),
			}, ":"))
			return field("response") == want && field("opaque") == "o" && field("cnonce") != "" && field(" uri") == "/a?b=c"
		}},
		{`Digest realm="x", nonce="abc"`, func(a string) bool {
			return strings.Contains(a, `response="`+md5Of(md5Of(user+":x:"+password)+":abc:"+md5Of("POST:/a?b=c"))+`"`)
		}},
		{`Digest realm="x", nonce="abc", algorithm=SHA-256, qop="auth"`, func(a string) bool { return strings.Contains(a, "algorithm=SHA-256, qop=auth") }},
		{`Digest realm="x", nonce="abc", algorithm=SHA-512-256`, nil},
		{`Bearer realm="x"`, nil},
		{``, nil},
	} {
		var requests, bodies atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body, err := io.ReadAll(r.Body); err == nil && strings.Contains(string(body), "Nightly") {
				bodies.Add(1)
			}
			if requests.Add(1) == 1 && r.Header.Get("Authorization") != "" {
				t.Errorf("%s: sent without being asked for", test.challenge)
			}
			if a := r.Header.Get("Authorization"); a == "" || test.want == nil || !test.want(a) {
				w.Header().Set("WWW-Authenticate", test.challenge)
				w.WriteHeader(http.StatusUnauthorized)
			}
		}))
		endpoint := strings.Replace(server.URL, "://", "://"+url.UserPassword(user, password).String()+"@", 1) + "/a?b=c"
		result := receiver(t, notify.Options{}, topic.HTTP).Send(t.Context(), notifytest.Plain(topic.HTTP, endpoint))
		server.Close()
		want, count := topic.Delivered, int64(2)
		if test.want == nil {
			want, count = topic.Permanent, 1
		}
		if result.Answer != want || requests.Load() != count || bodies.Load() != count {
			t.Errorf("%s: %v (%s) after %d requests, %d with the message", test.challenge, result.Answer, result.Detail, requests.Load(), bodies.Load())
		}
	}
}

// A kept connection that the other side has closed costs no attempt.
func TestKeptConnectionClosed(t *testing.T) {
	w := &webPeer{answer: answerPlainly, keep: keepBody}
	w.start(t, false)
	r := receiver(t, notify.Options{}, topic.HTTP)
	for range 3 {
		if result := r.Send(t.Context(), notifytest.Plain(topic.HTTP, w.server.URL)); result.Answer != topic.Delivered {
			t.Fatalf("%v: %s", result.Answer, result.Detail)
		}
		w.server.CloseClientConnections()
	}
	if n := len(w.takeAll()); n != 3 {
		t.Errorf("%d messages arrived, want 3", n)
	}
}

func TestNothingListens(t *testing.T) {
	result := receiver(t, notify.Options{}, topic.HTTP).Send(t.Context(), notifytest.Plain(topic.HTTP, "http://"+freeport.Address(t)))
	if result.Answer != topic.Retry || !strings.Contains(result.Detail, "refused") {
		t.Errorf("%v: %s", result.Answer, result.Detail)
	}
}
