package notify_test

import (
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tocsin/notify/notifytest"
)

// A webPeer is an HTTP server that behaves as it is told.
type webPeer struct {
	server    *httptest.Server
	behaviour atomic.Int32
	reached   chan struct{}
	elsewhere atomic.Int64
	sent      atomic.Int64
	redirects atomic.Int64

	// keep is what of a request is one message; answer what is said to it.
	keep   func(r *http.Request, body []byte) string
	answer func(w http.ResponseWriter, r *http.Request, b notifytest.Behaviour)
	// challenge demands user and password before Echo.
	challenge bool

	mu       sync.Mutex
	accepted []string
}

// start starts the server, with TLS if need be.
func (p *webPeer) start(t *testing.T, withTLS bool) {
	p.reached = make(chan struct{}, 64)
	p.server = httptest.NewUnstartedServer(p)
	p.server.Listener = &moodyListener{Listener: p.server.Listener, peer: p}
	p.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if withTLS {
		p.server.StartTLS()
	} else {
		p.server.Start()
	}
	t.Cleanup(func() {
		p.server.CloseClientConnections()
		p.server.Close()
	})
}

func (p *webPeer) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	if c := p.server.Certificate(); c != nil {
		pool.AddCert(c)
	}
	return pool
}

func (p *webPeer) behave(b notifytest.Behaviour) bool {
	p.behaviour.Store(int32(b))
	return true
}

func (p *webPeer) takeAll() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.accepted...)
}

func (p *webPeer) take(message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted = append(p.accepted, message)
}

// peer is what the suite is told.
func (p *webPeer) peer() notifytest.Peer {
	return notifytest.Peer{
		Behave:    p.behave,
		Reached:   p.reached,
		Accepted:  p.takeAll,
		Elsewhere: func() int { return int(p.elsewhere.Load()) },
		Sent:      p.sent.Load,
	}
}

func (p *webPeer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	behaviour := notifytest.Behaviour(p.behaviour.Load())
	dump, err := httputil.DumpRequest(r, false)
	if err != nil {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if strings.HasPrefix(r.URL.Path, "/elsewhere") {
		p.elsewhere.Add(1)
	}
	switch behaviour {
	case notifytest.Hang:
		p.reached <- struct{}{}
		<-r.Context().Done()
	case notifytest.Cut:
		p.take(p.keep(r, body))
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			conn.Close()
		}
	case notifytest.Chatter:
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		chunk := []byte(strings.Repeat(`{"message":"talk "}`, 1<<10))
		for p.sent.Load() < 64<<20 {
			p.sent.Add(int64(len(chunk)))
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	case notifytest.Redirect:
		status := http.StatusTemporaryRedirect // the same request again
		if p.redirects.Add(1)%2 == 0 {
			status = http.StatusFound // a GET
		}
		http.Redirect(w, r, "/elsewhere"+r.URL.Path, status)
	case notifytest.Echo:
		if p.challenge && r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="tests"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "%s %s\n%s", p.server.URL+r.URL.String(), dump, body)
	default:
		if behaviour == notifytest.Accept {
			p.take(p.keep(r, body))
		}
		p.answer(w, r, behaviour)
	}
}

// A moodyListener accepts connections and, while the peer hangs early, says
// nothing on them.
type moodyListener struct {
	net.Listener
	peer *webPeer
}

func (l *moodyListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || notifytest.Behaviour(l.peer.behaviour.Load()) != notifytest.HangEarly {
			return conn, err
		}
		l.peer.reached <- struct{}{}
		go func() {
			_, _ = io.Copy(io.Discard, conn) // until the other side gives up
			conn.Close()
		}()
	}
}

// keepBody keeps the body as the message.
func keepBody(_ *http.Request, body []byte) string { return string(body) }
