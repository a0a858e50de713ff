package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"tocsin/core/topic"
)

// told is who is told: a mailbox and an endpoint, which confirm, and note when
// which alarm was heard first.
type told struct {
	smtp     *smtp.Server
	mailAddr string
	web      *httptest.Server
	served   chan error

	mu        sync.Mutex
	confirmed int                             // guarded by mu, as is the rest
	heard     map[string]map[string]time.Time // by protocol and alarm
	err       error
}

func newTold() (*told, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &told{mailAddr: l.Addr().String(), served: make(chan error, 1), heard: map[string]map[string]time.Time{"email": {}, "http": {}}}
	w.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return session{w}, nil }))
	w.smtp.Domain = "mail.example"
	go func() { w.served <- w.smtp.Serve(l) }()
	w.web = httptest.NewServer(w)
	return w, nil
}

func (w *told) close() {
	w.web.Close()
	_ = errors.Join(w.smtp.Close(), <-w.served) // nobody needs it any more
}

// subscribers are the lines of the configuration for both.
func (w *told) subscribers() string {
	return "smtp: {url: 'smtp://" + w.mailAddr + "', from: tocsin@example.com}\nsubscribe:\n  - to: email:security@example.com\n  - to: " + w.web.URL + "/hook\n"
}

func (w *told) note(protocol, subject string, at time.Time) {
	name, ok := strings.CutPrefix(subject, `ALARM: "`)
	name, _, _ = strings.Cut(name, `"`)
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, before := w.heard[protocol][name]; ok && !before {
		w.heard[protocol][name] = at
	}
}

// when is when an alarm was heard; zero while it was not.
func (w *told) when(protocol, alarm string) (time.Time, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.heard[protocol][alarm], w.err
}

// ready tells whether both have confirmed.
func (w *told) ready() (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.confirmed == 2, w.err
}

func (w *told) confirm(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.err = errors.Join(w.err, err)
		return
	}
	w.confirmed++
}

// ServeHTTP is the endpoint.
func (w *told) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	at := time.Now()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the daemon tries again
	}
	var d struct{ Type, Subject, SubscribeURL string }
	if err := json.Unmarshal(body, &d); err != nil {
		w.confirm(err)
		return
	}
	if d.Type == string(topic.SubscriptionConfirmation) {
		go func() { w.confirm(follow(http.Get(d.SubscribeURL))) }()
		return
	}
	w.note("http", d.Subject, at)
}

func follow(answer *http.Response, err error) error {
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		err = errors.New("a link that confirms answered with " + answer.Status)
	}
	return errors.Join(err, answer.Body.Close())
}

// A session is one with the mail server.
type session struct{ w *told }

func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (session) Reset()                               {}
func (session) Logout() error                        { return nil }

// confirmLink is the link that confirms, in the plain text of a mail.
var confirmLink = regexp.MustCompile(`http://127\.0\.0\.1:\d+/confirmation[^\s"<>]*`)

// Data takes a mail; it is received when all of it is here.
func (s session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	at := time.Now()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	// Lines that quoted-printable breaks and characters that it escapes.
	text := strings.NewReplacer("=\r\n", "", "=3D", "=").Replace(string(raw))
	if link := confirmLink.FindString(text); link != "" && !strings.HasPrefix(m.Header.Get("Subject"), "ALARM") {
		to, err := url.Parse(link)
		if err != nil {
			return err
		}
		go func() { s.w.confirm(follow(http.PostForm(link, to.Query()))) }()
		return nil
	}
	s.w.note("email", m.Header.Get("Subject"), at)
	return nil
}
