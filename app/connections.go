package app

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// limited is a listener that has at most n connections at a time. When one more
// comes, the one goes that has kept the server waiting for longest: for a request, or
// for what tells who sends it. As long as all are at work, others wait.
func limited(l net.Listener, n int) *limitedListener {
	return &limitedListener{Listener: l, slots: make(chan struct{}, n), closed: make(chan struct{}), waiting: map[*limitedConn]time.Time{}}
}

type limitedListener struct {
	net.Listener
	slots  chan struct{}
	once   sync.Once
	closed chan struct{}

	mu      sync.Mutex
	waiting map[*limitedConn]time.Time // since when it keeps us waiting; guarded by mu
}

// roomEvery is how often it is looked for room while all connections are at work.
const roomEvery = 50 * time.Millisecond

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if !l.room() {
		c.Close()
		return nil, net.ErrClosed
	}
	out := &limitedConn{Conn: c, of: l}
	out.waits()
	return out, nil
}

// room takes a slot; false when the listener was closed.
func (l *limitedListener) room() bool {
	select {
	case l.slots <- struct{}{}:
		return true
	default:
	}
	again := time.NewTicker(roomEvery)
	defer again.Stop()
	for {
		l.evict()
		select {
		case l.slots <- struct{}{}:
			return true
		case <-l.closed:
			return false
		case <-again.C:
		}
	}
}

// evict closes the connection that has kept us waiting for longest.
func (l *limitedListener) evict() {
	l.mu.Lock()
	var longest *limitedConn
	for c, since := range l.waiting {
		if longest == nil || since.Before(l.waiting[longest]) {
			longest = c
		}
	}
	l.mu.Unlock()
	if longest != nil {
		longest.Close() // its reader finds out
	}
}

// Close implements net.Listener.
func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// A limitedConn is a connection that has a slot.
type limitedConn struct {
	net.Conn
	of   *limitedListener
	gone bool // guarded by of.mu
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	c.of.mu.Lock()
	first := !c.gone
	c.gone = true
	delete(c.of.waiting, c)
	c.of.mu.Unlock()
	err := c.Conn.Close()
	if first {
		<-c.of.slots
	}
	return err
}

// waits notes that we wait for its client.
func (c *limitedConn) waits() {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if !c.gone {
		c.of.waiting[c] = time.Now()
	}
}

// works notes that its client waits for us.
func (c *limitedConn) works() {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	delete(c.of.waiting, c)
}

type connKey struct{}

// withConn puts a connection into the context of its requests.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// atWork says that the client of a request is known, so that its connection is not
// given to another one before it is answered.
func atWork(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(*limitedConn); ok {
		c.works()
	}
}

// waitingAfter lets connections wait again when they were answered.
func waitingAfter(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(connKey{}).(*limitedConn)
		if ok {
			c.waits()
			defer c.waits()
		}
		h.ServeHTTP(w, r)
	})
}
