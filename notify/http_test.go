package notify_test

import (
	"fmt"
	"net/http"
	"sort"
	"strings"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/notify/notifytest"
)

func TestHTTPConforms(t *testing.T) {
	notifytest.Run(t, func(t *testing.T) notifytest.Peer { return httpPeer(t, topic.HTTP) })
}

func TestHTTPSConforms(t *testing.T) {
	notifytest.Run(t, func(t *testing.T) notifytest.Peer { return httpPeer(t, topic.HTTPS) })
}

func httpPeer(t *testing.T, protocol topic.Protocol) notifytest.Peer {
	w := &webPeer{challenge: true, answer: answerPlainly, keep: func(r *http.Request, body []byte) string {
		return headersOf(r) + "\r\n" + string(body)
	}}
	w.start(t, protocol == topic.HTTPS)
	p := w.peer()
	p.Protocol = protocol
	p.Receiver = receiver(t, notify.Options{Roots: w.roots()}, protocol)
	p.Endpoint = strings.Replace(w.server.URL, "://", "://hook:s3cr%2Ft-p4ss@", 1) + "/alarms?key=q8Zr7XcV"
	p.Secrets = []string{"s3cr/t-p4ss", "s3cr%2Ft-p4ss", "aG9vazpzM2NyL3QtcDRzcw", "q8Zr7XcV"}
	p.RetryAfter = 37 * time.Second
	p.Inspect = func(t *testing.T, accepted string) {
		head, _, _ := strings.Cut(accepted, "\r\n\r\n")
		if strings.Contains(head, notifytest.Injected) {
			t.Errorf("a header was injected:\n%s", head)
		}
		for _, secret := range p.Secrets {
			if strings.Contains(head, secret) && !strings.Contains(secret, "q8Zr") {
				t.Errorf("user and password were sent without being asked for:\n%s", head)
			}
		}
	}
	return p
}

// headersOf are the request's line and headers in the order of their names, but
// for the host, whose port is another each time.
func headersOf(r *http.Request) string {
	lines := []string{}
	for name, values := range r.Header {
		for _, value := range values {
			lines = append(lines, name+": "+value+"\r\n")
		}
	}
	sort.Strings(lines)
	return fmt.Sprintf("%s %s\r\n%s", r.Method, r.URL, strings.Join(lines, ""))
}

// answerPlainly is how most endpoints on the web answer.
func answerPlainly(w http.ResponseWriter, r *http.Request, b notifytest.Behaviour) {
	switch b {
	case notifytest.Refuse:
		http.Error(w, "no such hook", http.StatusNotFound)
	case notifytest.Fail:
		http.Error(w, "out of order", http.StatusServiceUnavailable)
	case notifytest.Throttle:
		w.Header().Set("Retry-After", "37")
		http.Error(w, "slow down", http.StatusTooManyRequests)
	}
}

func receiver(t *testing.T, o notify.Options, p topic.Protocol) notify.Receiver {
	t.Helper()
	all, err := notify.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(all.Close)
	r, ok := all.For(p)
	if !ok {
		t.Fatalf("no receiver for %s", p)
	}
	return r
}
