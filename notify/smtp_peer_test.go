package notify_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"tocsin/notify/notifytest"
)

const (
	mailUser     = "tocsin@example.com"
	mailPassword = "sesame:open/t0day"
)

// An smtpPeer is a mail server that behaves as it is told.
type smtpPeer struct {
	server    *smtp.Server
	roots     *x509.CertPool
	address   string
	behaviour atomic.Int32
	reached   chan struct{}
	sent      atomic.Int64
	forwarded atomic.Int64
	stop      chan struct{}
	freed     sync.Once
	logins    atomic.Int64
	busy      atomic.Int64 // mails being taken
	most      atomic.Int64 // at once so far
	encrypted atomic.Int64 // mails that came over TLS

	mu       sync.Mutex
	accepted []envelope
}

type envelope struct {
	from, to string
	utf8     bool
	text     string
}

// smtpOptions are what the server offers.
type smtpOptions struct {
	tls      bool // from the start
	starttls bool
	auth     bool
	utf8     bool
}

func startSMTP(t *testing.T, o smtpOptions) *smtpPeer {
	certified := httptest.NewTLSServer(nil)
	certified.Close()
	p := &smtpPeer{reached: make(chan struct{}, 64), stop: make(chan struct{}), roots: x509.NewCertPool()}
	p.roots.AddCert(certified.Certificate())
	config := &tls.Config{Certificates: certified.TLS.Certificates}

	p.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		s := &smtpSession{peer: p, conn: c}
		if o.auth {
			return &smtpLogin{s}, nil
		}
		return s, nil
	}))
	p.server.Domain = "mail.example.com"
	p.server.ErrorLog = log.New(io.Discard, "", 0)
	p.server.EnableSMTPUTF8 = o.utf8
	if o.starttls {
		p.server.TLSConfig = config
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address = listener.Addr().String()
	listener = &mutableListener{listener, p}
	if o.tls {
		listener = tls.NewListener(listener, config)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := p.server.Serve(listener); err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("mail server: %v", err)
		}
	}()
	t.Cleanup(func() {
		p.free()
		p.server.Close()
		listener.Close() // also if Serve had not begun
		<-done
	})
	return p
}

// free ends all that hangs.
func (p *smtpPeer) free() { p.freed.Do(func() { close(p.stop) }) }

func (p *smtpPeer) mood() notifytest.Behaviour { return notifytest.Behaviour(p.behaviour.Load()) }

func (p *smtpPeer) peer() notifytest.Peer {
	return notifytest.Peer{
		Behave:    func(b notifytest.Behaviour) bool { p.behaviour.Store(int32(b)); return true },
		Reached:   p.reached,
		Elsewhere: func() int { return int(p.forwarded.Load()) },
		Sent:      p.sent.Load,
		Endpoint:  "security+alarms@example.com",
		Secrets:   []string{mailPassword, "sesame"},
		Accepted: func() []string {
			var texts []string
			for _, e := range p.all() {
				texts = append(texts, e.text)
			}
			return texts
		},
	}
}

func (p *smtpPeer) all() []envelope {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]envelope(nil), p.accepted...)
}

// smtpSession is one connection to the server.
type smtpSession struct {
	peer     *smtpPeer
	conn     *smtp.Conn
	envelope envelope
}

func (s *smtpSession) Reset()        { s.envelope = envelope{} }
func (s *smtpSession) Logout() error { return nil }

func (s *smtpSession) Mail(from string, o *smtp.MailOptions) error {
	if s.peer.mood() == notifytest.Throttle {
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "too many mails, come back later"}
	}
	s.envelope.from, s.envelope.utf8 = from, o != nil && o.UTF8
	return nil
}

func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "moved") {
		s.peer.forwarded.Add(1)
	}
	switch s.peer.mood() {
	case notifytest.Refuse:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user here"}
	case notifytest.Fail:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted, try again"}
	case notifytest.Redirect:
		return &smtp.SMTPError{Code: 551, EnhancedCode: smtp.EnhancedCode{5, 1, 6}, Message: "user not local, try <moved@example.com>"}
	}
	s.envelope.to = to
	return nil
}

func (s *smtpSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.envelope.text = string(text)
	s.peer.most.Store(max(s.peer.most.Load(), s.peer.busy.Add(1)))
	defer s.peer.busy.Add(-1)
	switch s.peer.mood() {
	case notifytest.Hang:
		s.peer.reached <- struct{}{}
		<-s.peer.stop
	case notifytest.Cut:
		s.keep()
		return s.conn.Conn().Close()
	case notifytest.Chatter:
		line := []byte(strings.Repeat("550-and another thing\r\n", 1<<10))
		for s.peer.sent.Load() < 64<<20 {
			s.peer.sent.Add(int64(len(line)))
			if _, err := s.conn.Conn().Write(line); err != nil {
				return err
			}
		}
	case notifytest.Echo:
		return &smtp.SMTPError{Code: 554, Message: mailUser + " " + mailPassword + " " + strings.NewReplacer("=\r\n", "", "\r\n", " ").Replace(s.envelope.text)}
	default:
		s.keep()
	}
	return nil
}

func (s *smtpSession) keep() {
	if _, encrypted := s.conn.TLSConnectionState(); encrypted {
		s.peer.encrypted.Add(1)
	}
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	s.peer.accepted = append(s.peer.accepted, s.envelope)
}

// smtpLogin is a session that wants user and password.
type smtpLogin struct{ *smtpSession }

func (s *smtpLogin) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *smtpLogin) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != mailUser || password != mailPassword {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: fmt.Sprintf("wrong password %q", password)}
		}
		s.peer.logins.Add(1)
		return nil
	}), nil
}

// A mutableListener accepts connections and says nothing on them while the peer
// hangs early.
type mutableListener struct {
	net.Listener
	peer *smtpPeer
}

func (l *mutableListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || l.peer.mood() != notifytest.HangEarly {
			return conn, err
		}
		l.peer.reached <- struct{}{}
		go func() {
			_, _ = io.Copy(io.Discard, conn) // until the other side gives up
			conn.Close()
		}()
	}
}
