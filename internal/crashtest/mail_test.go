//go:build linux

package crashtest

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"tocsin/internal/freeport"
)

// A mailbox is a mail server with somebody who confirms at once.
type mailbox struct {
	t       *testing.T
	address string
	listen  string // of the daemon

	mu       sync.Mutex
	server   *smtp.Server // nil while it is gone; guarded by mu, as is the rest
	refusing bool
	refused  int
	got      map[string]int // by message id
}

func newMailbox(t *testing.T, listen string) *mailbox {
	m := &mailbox{t: t, address: freeport.Address(t), listen: listen, got: map[string]int{}}
	m.open()
	t.Cleanup(m.close)
	return m
}

// open lets the server listen.
func (m *mailbox) open() {
	m.t.Helper()
	l, err := net.Listen("tcp", m.address)
	must(m.t, err)
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{box: m}, nil }))
	s.Domain, s.ErrorLog = "mail.example.com", log.New(io.Discard, "", 0)
	m.mu.Lock()
	m.server = s
	m.mu.Unlock()
	go func() {
		if err := s.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			m.t.Errorf("mail server: %v", err)
		}
	}()
}

// close lets connections be refused.
func (m *mailbox) close() {
	m.mu.Lock()
	s := m.server
	m.server = nil
	m.mu.Unlock()
	if s != nil {
		_ = s.Close() // connections that were cut off tell of it
	}
}

func (m *mailbox) refuse(is bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refusing = is
}

func (m *mailbox) refusals() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refused
}

// took is that of accepter.
func (m *mailbox) took(messageID string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.got[messageID]
}

// mails is how many messages came.
func (m *mailbox) mails() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.got)
}

type mailSession struct{ box *mailbox }

func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }

func (s *mailSession) Mail(string, *smtp.MailOptions) error {
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	if s.box.refusing {
		s.box.refused++
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "come back later"}
	}
	return nil
}

func (s *mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

var (
	confirmation = regexp.MustCompile(`/confirmation\.html\?(\S+)`)
	unquote      = strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=")
)

func (s *mailSession) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		return err
	}
	if link := confirmation.FindStringSubmatch(unquote.Replace(string(body))); link != nil {
		answer, err := http.Get("http://" + s.box.listen + "/?Action=ConfirmSubscription&" + link[1])
		if err != nil {
			return err
		}
		return answer.Body.Close()
	}
	// <MESSAGE.SUBSCRIPTION@DOMAIN>
	id, _, _ := strings.Cut(strings.Trim(m.Header.Get("Message-Id"), "<>"), ".")
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.got[id]++
	return nil
}

func mailRefused(t *testing.T, bin string) {
	w := newWorld(t, 27, sqlite)
	w.told.relent()
	box := newMailbox(t, w.listen[0])
	w.subscribe = "  - to: email:security@example.com\nsmtp: {url: 'smtp://" + box.address + "', from: tocsin@example.com}\n"
	w.others = map[string]accepter{"security@example.com": box}
	d := w.start(bin)
	w.eventually(d, "both have confirmed", func() bool { return w.metrics(0)[`tocsin_subscriptions{confirmed="true"}`] == 2 })
	memory := d.watchMemory()
	box.refuse(true)
	w.load(outage(t) / 2)
	w.eventually(d, "a mail is refused", func() bool { return box.refusals() > 0 })
	box.close()
	w.load(outage(t) / 2)
	if box.mails() != 0 {
		t.Fatal("it took mails")
	}
	w.eventually(d, "the metrics tell that mails wait", func() bool {
		m := w.metrics(0)
		return m[`tocsin_deliveries{status="pending"}`] > 0 && m["tocsin_oldest_pending_delivery_seconds"] > 0 && m[`tocsin_attempts_total{result="retried"}`] > 0
	})
	w.eventually(d, "the endpoint is told meanwhile", func() bool { return w.told.messages() > 0 })
	box.refuse(false)
	box.open()
	w.recovered(d, memory)
}
