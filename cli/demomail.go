package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"

	"github.com/emersion/go-smtp"
)

// A mailSink is a mail server on this machine that keeps what it is sent: the
// demo's stand-in for the team's own.
type mailSink struct {
	server *smtp.Server
	addr   string
	mails  chan sinkMail
}

// A sinkMail is a mail that came in.
type sinkMail struct {
	from, to, subject string
	text, html        string
	raw               []byte
}

// maxDemoMail bounds a mail, in bytes.
const maxDemoMail = 4 << 20

// newMailSink listens on a port of loopback; serve runs it.
func newMailSink() (*mailSink, net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("start the mail sink: %w", err)
	}
	m := &mailSink{addr: l.Addr().String(), mails: make(chan sinkMail, 256)}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &sinkSession{sink: m}, nil }))
	m.server.Domain = "mail-sink.example"
	m.server.MaxMessageBytes = maxDemoMail
	return m, l, nil
}

type sinkSession struct {
	sink     *mailSink
	from, to string
}

func (s *sinkSession) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }
func (s *sinkSession) Rcpt(to string, _ *smtp.RcptOptions) error   { s.to = to; return nil }
func (s *sinkSession) Reset()                                      { s.from, s.to = "", "" }
func (s *sinkSession) Logout() error                               { return nil }

// Data takes a mail. Only one that can be read is accepted.
func (s *sinkSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := parseMail(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	m.from, m.to = s.from, s.to
	s.sink.mails <- m
	return nil
}

// parseMail reads the texts of a mail.
func parseMail(raw []byte) (sinkMail, error) {
	m := sinkMail{raw: raw}
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m, err
	}
	if m.subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject")); err != nil {
		return m, fmt.Errorf("subject: %w", err)
	}
	return m, m.readPart(message.Header.Get("Content-Type"), message.Header.Get("Content-Transfer-Encoding"), message.Body, 0)
}

// readPart takes the texts out of a part and the parts in it.
func (m *sinkMail) readPart(contentType, encoding string, body io.Reader, depth int) error {
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("content type: %w", err)
	}
	if strings.HasPrefix(kind, "multipart/") && depth < 5 {
		parts := multipart.NewReader(body, parameters["boundary"])
		for {
			p, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("parts: %w", err)
			}
			if err := m.readPart(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, depth+1); err != nil {
				return err
			}
		}
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	switch kind {
	case "text/plain":
		m.text = strings.ReplaceAll(string(text), "\r\n", "\n")
	case "text/html":
		m.html = string(text)
	}
	return nil
}
