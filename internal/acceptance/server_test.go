package acceptance

import (
	"bytes"
	"errors"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/emersion/go-smtp"

	"tocsin/internal/freeport"
	"tocsin/internal/sdkhttp"
)

const (
	account   = "123456789012"
	region    = "us-east-1"
	rootID    = "AKIAROOTOFACCEPTANCE"
	rootWords = "the secret of the root key"
	patience  = 3 * time.Minute
)

// A server is tocsin at work, with a mail server beside it.
type server struct {
	t        *testing.T
	endpoint string
	log      *bytes.Buffer
	mailbox  *mailbox
}

// build is the binary as users have it.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tocsin-acceptance-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "tocsin")
	out, err := exec.Command("go", "build", "-o", bin, "tocsin/cmd/tocsin").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return bin, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if bin, err := build(); err == nil {
		if err := os.RemoveAll(filepath.Dir(bin)); err != nil {
			log.Print(err)
		}
	}
	os.Exit(code)
}

// start runs tocsin serve on an empty folder until the test ends.
func start(t *testing.T, flags ...string) *server {
	t.Helper()
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, log: &bytes.Buffer{}, mailbox: openMailbox(t)}
	address := freeport.Address(t)
	s.endpoint = "http://" + address
	args := []string{
		"serve", "--data", t.TempDir(), "--listen", address, "--console", "off", "--account", account, "--region", region, "--pack", "none",
		"--smtp", "smtp://" + s.mailbox.address, "--from", "tocsin@example.com",
	}
	cmd := exec.Command(bin, append(args, flags...)...)
	cmd.Env = append(os.Environ(), "TOCSIN_ROOT_ACCESS_KEY_ID="+rootID, "TOCSIN_ROOT_SECRET_ACCESS_KEY="+rootWords)
	var mu sync.Mutex
	locked := writer(func(b []byte) (int, error) { mu.Lock(); defer mu.Unlock(); return s.log.Write(b) })
	cmd.Stdout, cmd.Stderr = locked, locked
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait()); err != nil {
			t.Errorf("tocsin serve ended with %v", err)
		}
		if mu.Lock(); t.Failed() {
			t.Logf("tocsin serve told:\n%s", s.log)
		}
		mu.Unlock()
	})
	eventually(t, "the server answers", func() bool {
		answer, err := http.Get(s.endpoint)
		if err == nil {
			_ = answer.Body.Close() // nothing was asked of it
		}
		return err == nil
	})
	return s
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

// config is that of a client with a key.
func (s *server) config(id, secret string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(s.endpoint), RetryMaxAttempts: 1, HTTPClient: sdkhttp.Client(nil),
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	}
}

func (s *server) root() aws.Config { return s.config(rootID, rootWords) }

// environ is that of a command-line client of the root.
func (s *server) environ() []string {
	return append(os.Environ(), "AWS_ENDPOINT_URL="+s.endpoint, "AWS_ACCESS_KEY_ID="+rootID, "AWS_SECRET_ACCESS_KEY="+rootWords,
		"AWS_DEFAULT_REGION="+region, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
}

// advance moves the manual clock.
func (s *server) advance(by string) {
	s.t.Helper()
	bin, err := build()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(bin, "clock", "--advance", by, "--endpoint", s.endpoint)
	cmd.Env = s.environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("tocsin clock: %v\n%s", err, out)
	}
}

// eventually waits for something.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for began := time.Now(); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// A mailbox is a mail server that keeps what it gets.
type mailbox struct {
	address string

	mu    sync.Mutex
	mails []*letter // guarded by mu
}

// A letter is a mail, its body as text.
type letter struct{ to, subject, body string }

func openMailbox(t *testing.T) *mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mailbox{address: l.Addr().String()}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{box: m}, nil }))
	s.Domain, s.ErrorLog = "mail.example.com", log.New(io.Discard, "", 0)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close() // connections that were cut off tell of it
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("mail server: %v", err)
		}
	})
	return m
}

type session struct {
	box *mailbox
	to  []string
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}
func (s *session) Reset()        { s.to = nil }
func (s *session) Logout() error { return nil }

func (s *session) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return err
	}
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.mails = append(s.box.mails, &letter{strings.Join(s.to, ","), subject, unquote.Replace(string(body))})
	return nil
}

// find is the first mail that matches, or nil.
func (m *mailbox) find(is func(*letter) bool) *letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.mails {
		if is(l) {
			return l
		}
	}
	return nil
}

// await waits for a mail whose subject matches.
func (s *server) await(subject string) *letter {
	s.t.Helper()
	var found *letter
	pattern := regexp.MustCompile(subject)
	eventually(s.t, "a mail: "+subject, func() bool {
		found = s.mailbox.find(func(l *letter) bool { return pattern.MatchString(l.subject) })
		return found != nil
	})
	return found
}

// unquote reads quoted-printable as far as links need it.
var unquote = strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=")

var confirmation = regexp.MustCompile(`/confirmation\.html\?([^\s"<>]+)`)

// confirm opens the link that was mailed, as its reader would.
func (s *server) confirm() {
	s.t.Helper()
	s.follow(s.await("Confirm|confirm"))
}

// follow opens the link of a mail that asks to confirm.
func (s *server) follow(l *letter) {
	s.t.Helper()
	link := confirmation.FindStringSubmatch(l.body)
	if link == nil {
		s.t.Fatalf("no link to confirm in\n%s", l.body)
	}
	answer, err := http.Get(s.endpoint + "/?Action=ConfirmSubscription&" + strings.ReplaceAll(link[1], "&amp;", "&"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		s.t.Fatalf("confirming was answered with %s", answer.Status)
	}
}
