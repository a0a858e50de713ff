package notify_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/notify/notifytest"
)

// An endpoint that goes over to another protocol, which nobody asked for, and says
// nothing in it, held the attempt for ever: no context ends the reading of what
// follows such an answer.
func TestSwitchingProtocols(t *testing.T) {
	over := make(chan error, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			t.Error(err)
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: silence\r\n\r\n"); err != nil {
			t.Error(err)
		}
		_, err = conn.Read(make([]byte, 1))
		over <- err
	}))
	t.Cleanup(server.Close)
	for _, protocol := range []topic.Protocol{topic.HTTP, notify.Slack} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r, answered := receiver(t, notify.Options{}, protocol), make(chan notify.Result, 1)
		go func() {
			answered <- r.Send(ctx, notifytest.Plain(protocol, server.URL+"/services/T/B/X"))
		}()
		select {
		case result := <-answered:
			if result != (notify.Result{Answer: topic.Retry, Detail: "HTTP 101"}) {
				t.Errorf("%s: %+v", protocol, result)
			}
		case <-time.After(time.Minute):
			server.CloseClientConnections()
			t.Fatalf("%s: the attempt outlives its context", protocol)
		}
		if err := <-over; err == nil {
			t.Errorf("%s: something was sent in the other protocol", protocol)
		}
	}
}
