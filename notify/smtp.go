package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"tocsin/core/topic"
)

// Mail is the server that takes mails, and in whose name.
type Mail struct {
	// Server is smtp://[user[:password]@]host[:port] or smtps://..., where TLS comes
	// first. The port is 465 with smtps, 587 with a user and 25 without. With
	// smtp the server must offer STARTTLS with a certificate that can be verified if
	// there is a user or TLS is set; otherwise TLS is used when offered, whoever
	// the server is, as that is no worse than none.
	Server string
	// Password, when set, is used instead of the one in Server.
	Password string
	// TLS demands an encrypted connection to a verified server.
	TLS bool
	// From is the sender: an address, with or without a name.
	From string
	// HELO is the name under which we greet; "": the machine's, if it is complete.
	HELO string
	// Connections is how many mails are sent at once; 0 means 4.
	Connections int
}

const (
	mailConnections = 4
	mailTimeout     = 60 * time.Second // for one mail, once it is its turn
	dialTimeout     = 10 * time.Second
	quitTimeout     = 2 * time.Second
	maxSMTPAnswers  = 256 << 10 // of a whole connection
)

// mailServer brings mails to the server, with a connection for each: what one
// mail did to a connection is never another's.
type mailServer struct {
	host, port     string
	implicitTLS    bool
	verified       bool
	user, password string
	from           mail.Address
	helo           string
	roots          *x509.CertPool
	turns          chan struct{}
}

func newMailServer(m Mail, roots *x509.CertPool) (*mailServer, error) {
	u, err := url.Parse(m.Server)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, errors.New("mail: the server is not of the form smtp://user:password@host:port or smtps://...; percent-encode special characters of user and password")
	}
	s := &mailServer{host: u.Hostname(), port: u.Port(), implicitTLS: u.Scheme == "smtps", user: u.User.Username(), password: m.Password, roots: roots}
	if s.password == "" {
		s.password, _ = u.User.Password()
	}
	switch {
	case s.user == "" && s.password != "":
		return nil, errors.New("mail: there is a password but no user; write smtp://user@host")
	case s.user != "" && s.password == "":
		return nil, errors.New("mail: there is a user but no password")
	}
	s.verified = s.implicitTLS || s.user != "" || m.TLS
	if s.port == "" {
		switch {
		case s.implicitTLS:
			s.port = "465"
		case s.user != "":
			s.port = "587"
		default:
			s.port = "25"
		}
	}
	from, err := mail.ParseAddress(m.From)
	if err != nil || topic.CheckEndpoint(topic.Email, from.Address) != nil {
		return nil, fmt.Errorf("mail: the sender %q is not a mail address; want tocsin@example.com or tocsin <tocsin@example.com>", oneLine(m.From, maxShownEndpoint))
	}
	s.from = *from
	if s.helo = m.HELO; s.helo == "" {
		s.helo = ownName()
	}
	if strings.ContainsFunc(s.helo, isControl) || strings.Contains(s.helo, " ") {
		return nil, errors.New("mail: the name to greet with has blanks or control characters")
	}
	n := m.Connections
	if n <= 0 {
		n = mailConnections
	}
	s.turns = make(chan struct{}, n)
	return s, nil
}

func ownName() string {
	if name, err := os.Hostname(); err == nil && strings.Contains(name, ".") && !strings.ContainsFunc(name, isControl) {
		return name
	}
	return "localhost"
}

// An smtpError is a stage of the dialogue that went wrong.
type smtpError struct {
	stage string
	ours  bool // it says nothing about the mail, only about us and the server
	cause error
}

func (e *smtpError) Error() string { return e.stage + ": " + e.cause.Error() }
func (e *smtpError) Unwrap() error { return e.cause }

// send hands a mail over. The server has it for good once it has answered the
// end of the text; what goes wrong after that is not asked.
func (s *mailServer) send(ctx context.Context, to string, text []byte, secrets ...string) Result {
	secrets = append(secrets, s.password, "\x00"+s.user+"\x00"+s.password)
	if topic.CheckEndpoint(topic.Email, to) != nil {
		return outcome(topic.Permanent, "the endpoint is not a mail address")
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return unreached(ctx, ctx.Err())
	}
	ctx, cancel := context.WithTimeout(ctx, mailTimeout)
	defer cancel()
	said, err := s.talk(ctx, to, text)
	if err == nil {
		return outcome(topic.Delivered, said, secrets...)
	}
	var refusal *textproto.Error
	if !errors.As(err, &refusal) || ctx.Err() != nil {
		return unreached(ctx, err, secrets...)
	}
	answer := topic.OfReply(refusal.Code)
	var at *smtpError
	if errors.As(err, &at) && at.ours || refusal.Code == codeLoginNeeded || answer == topic.Delivered {
		answer = topic.Retry // somebody has to put it right, and the mail can wait for that
	}
	result := outcome(answer, err.Error(), secrets...)
	result.Throttled = refusal.Code == codeBusy
	return result
}

const (
	codeBusy        = 421 // the server closes the connection, for now
	codeLoginNeeded = 530
)

// talk is the dialogue. It gives the server's last word.
func (s *mailServer) talk(ctx context.Context, to string, text []byte) (string, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	plain, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.host, s.port))
	if err != nil {
		return "", err
	}
	defer plain.Close()
	stop := context.AfterFunc(ctx, func() { plain.Close() })
	defer stop()

	var conn net.Conn = &brief{Conn: plain, left: maxSMTPAnswers}
	if s.implicitTLS {
		conn = tls.Client(conn, s.tls())
	}
	client, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return "", &smtpError{"greeting", true, err}
	}
	if err := s.login(client); err != nil {
		return "", err
	}
	said, err := hand(client, s.from.Address, to, text)
	if err != nil {
		return "", err
	}
	if stop() && plain.SetDeadline(time.Now().Add(quitTimeout)) == nil {
		_ = client.Quit() // the mail is theirs already
	}
	return said, nil
}

// login greets, turns encryption on and logs in.
func (s *mailServer) login(client *smtp.Client) error {
	if err := client.Hello(s.helo); err != nil {
		return &smtpError{"EHLO", true, err}
	}
	if offered, _ := client.Extension("STARTTLS"); !s.implicitTLS && (offered || s.verified) {
		if !offered {
			return &smtpError{"STARTTLS", true, errors.New("the server does not offer it, and without it neither password nor mail is sent")}
		}
		if err := client.StartTLS(s.tls()); err != nil {
			return &smtpError{"STARTTLS", true, err}
		}
	}
	if s.user == "" {
		return nil
	}
	_, offered := client.Extension("AUTH")
	auth, ok := s.auth(strings.Fields(strings.ToUpper(offered)))
	if !ok {
		return &smtpError{"AUTH", true, fmt.Errorf("the server offers no way to log in that is known here; it offers %q", offered)}
	}
	if err := client.Auth(auth); err != nil {
		return &smtpError{"AUTH", true, err}
	}
	return nil
}

// auth chooses how to log in. The connection is encrypted, so that the plain
// ways, which every server has got right, come first.
func (s *mailServer) auth(offered []string) (smtp.Auth, bool) {
	for _, mechanism := range []struct {
		name string
		auth func() smtp.Auth
	}{
		{"PLAIN", func() smtp.Auth { return smtp.PlainAuth("", s.user, s.password, s.host, false) }},
		{"LOGIN", func() smtp.Auth { return smtp.LoginAuth(s.user, s.password, s.host, false) }},
		{"SCRAM-SHA-256", func() smtp.Auth { return smtp.ScramSHA256Auth(s.user, s.password) }},
		{"SCRAM-SHA-1", func() smtp.Auth { return smtp.ScramSHA1Auth(s.user, s.password) }},
		{"CRAM-MD5", func() smtp.Auth { return smtp.CRAMMD5Auth(s.user, s.password) }},
	} {
		for _, name := range offered {
			if name == mechanism.name {
				return mechanism.auth(), true
			}
		}
	}
	return nil, false
}

func (s *mailServer) tls() *tls.Config {
	return &tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12, InsecureSkipVerify: !s.verified}
}

// hand is the transaction of one mail to one address.
func hand(client *smtp.Client, from, to string, text []byte) (string, error) {
	foreign := strings.ContainsFunc(from+to, func(r rune) bool { return r > '~' })
	if offered, _ := client.Extension("SMTPUTF8"); foreign && !offered {
		return "", &smtpError{"MAIL FROM", false, &textproto.Error{Code: 553, Msg: "the server takes no addresses with characters outside ASCII"}}
	}
	client.SkipSMTPUTF8(!foreign)
	if err := client.Mail("<" + from + ">"); err != nil {
		return "", &smtpError{"MAIL FROM", false, err}
	}
	if err := client.Rcpt("<" + to + ">"); err != nil {
		return "", &smtpError{"RCPT TO", false, err}
	}
	w, err := client.Data()
	if err != nil {
		return "", &smtpError{"DATA", false, err}
	}
	if _, err := w.Write(text); err != nil {
		return "", &smtpError{"text", false, err}
	}
	if err := w.Close(); err != nil {
		return "", &smtpError{"end of text", false, err}
	}
	if closed, ok := w.(*smtp.DataCloser); ok {
		return "250 " + closed.ServerResponse(), nil
	}
	return "250", nil
}

// brief is a connection whose other side may say only so much.
type brief struct {
	net.Conn
	left int
}

var errTalkative = errors.New("the server's answers have no end")

func (b *brief) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTalkative
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
