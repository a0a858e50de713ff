package notify_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/notify/notifytest"
)

func TestMailOptions(t *testing.T) {
	for _, test := range []struct {
		name string
		mail notify.Mail
		err  string // "": fine
	}{
		{"plain", notify.Mail{Server: "smtp://mail.example.com", From: "a@b.example"}, ""},
		{"all", notify.Mail{Server: "smtps://u%40x:p@mail.example.com:465/", From: "Name <a@b.example>", HELO: "me.example.com"}, ""},
		{"password apart", notify.Mail{Server: "smtp://u@mail.example.com", Password: "p", From: "a@b.example"}, ""},
		{"no scheme", notify.Mail{Server: "mail.example.com:25", From: "a@b.example"}, "form smtp://"},
		{"http", notify.Mail{Server: "http://mail.example.com", From: "a@b.example"}, "form smtp://"},
		{"no host", notify.Mail{Server: "smtp://", From: "a@b.example"}, "form smtp://"},
		{"path", notify.Mail{Server: "smtp://mail.example.com/hunter2", From: "a@b.example"}, "form smtp://"},
		{"bad escape", notify.Mail{Server: "smtp://u:hunter2%@mail.example.com", From: "a@b.example"}, "percent-encode"},
		{"user only", notify.Mail{Server: "smtp://u@mail.example.com", From: "a@b.example"}, "no password"},
		{"password only", notify.Mail{Server: "smtp://mail.example.com", Password: "hunter2", From: "a@b.example"}, "no user"},
		{"no sender", notify.Mail{Server: "smtp://mail.example.com"}, "sender"},
		{"odd sender", notify.Mail{Server: "smtp://mail.example.com", From: "a b"}, "sender"},
		{"odd HELO", notify.Mail{Server: "smtp://mail.example.com", From: "a@b.example", HELO: "a\r\nRSET"}, "greet"},
	} {
		_, err := notify.New(notify.Options{Mail: &test.mail})
		switch {
		case (err == nil) != (test.err == ""), err != nil && !strings.Contains(err.Error(), test.err):
			t.Errorf("%s: %v, want %q", test.name, err, test.err)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: the error tells the password: %v", test.name, err)
		}
	}
}

// What is encrypted, what is verified, and what is rather not sent at all.
func TestMailEncryption(t *testing.T) {
	const user = "smtp://tocsin%40example.com@"
	for _, test := range []struct {
		name      string
		server    smtpOptions
		url       string
		tls       bool
		believed  bool
		password  string
		answer    topic.Answer
		encrypted bool
		detail    string
	}{
		{"plain", smtpOptions{}, "smtp://", false, true, "", topic.Delivered, false, "250"},
		{"offered", smtpOptions{starttls: true}, "smtp://", false, true, "", topic.Delivered, true, "250"},
		{"offered by a stranger", smtpOptions{starttls: true}, "smtp://", false, false, "", topic.Delivered, true, "250"},
		{"demanded", smtpOptions{starttls: true}, "smtp://", true, true, "", topic.Delivered, true, "250"},
		{"demanded of a stranger", smtpOptions{starttls: true}, "smtp://", true, false, "", topic.Retry, false, "certificate"},
		{"demanded and not offered", smtpOptions{}, "smtp://", true, true, "", topic.Retry, false, "STARTTLS"},
		{"password", smtpOptions{starttls: true, auth: true}, user, false, true, mailPassword, topic.Delivered, true, "250"},
		{"password for a stranger", smtpOptions{starttls: true, auth: true}, user, false, false, mailPassword, topic.Retry, false, "certificate"},
		{"password in the clear", smtpOptions{auth: true}, user, false, true, mailPassword, topic.Retry, false, "STARTTLS"},
		{"password not wanted", smtpOptions{starttls: true}, user, false, true, mailPassword, topic.Retry, false, "no way to log in"},
		{"wrong password", smtpOptions{starttls: true, auth: true}, user, false, true, "open-sesame", topic.Retry, false, "535"},
		{"TLS first", smtpOptions{tls: true}, "smtps://", false, true, "", topic.Delivered, true, "250"},
		{"TLS first with a stranger", smtpOptions{tls: true}, "smtps://", false, false, "", topic.Retry, false, "certificate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := startSMTP(t, test.server)
			o := notify.Options{Mail: &notify.Mail{Server: test.url + s.address, Password: test.password, TLS: test.tls, From: "tocsin@example.com"}}
			if test.believed {
				o.Roots = s.roots
			}
			result := receiver(t, o, topic.Email).Send(t.Context(), notifytest.Plain(topic.Email, "a@example.com"))
			if result.Answer != test.answer || !strings.Contains(result.Detail, test.detail) {
				t.Errorf("%v: %s", result.Answer, result.Detail)
			}
			if test.password != "" && strings.Contains(result.Detail, test.password) {
				t.Errorf("the password is told: %s", result.Detail)
			}
			if arrived := len(s.all()); (arrived == 1) != (test.answer == topic.Delivered) || (s.encrypted.Load() == 1) != test.encrypted {
				t.Errorf("%d arrived, %d encrypted", arrived, s.encrypted.Load())
			}
		})
	}
}

// Sender and address on the envelope, and addresses outside ASCII.
func TestEnvelope(t *testing.T) {
	for _, test := range []struct {
		name   string
		utf8   bool
		to     string
		answer topic.Answer
	}{
		{"ASCII", true, "security+alarms@example.com", topic.Delivered},
		{"foreign", true, "sécurité@exämple.com", topic.Delivered},
		{"foreign at a server that cannot", false, "sécurité@exämple.com", topic.Permanent},
		{"two", true, "a@example.com>\r\nRCPT TO:<b@example.com", topic.Permanent},
		{"none", true, "", topic.Permanent},
	} {
		s := startSMTP(t, smtpOptions{utf8: test.utf8})
		r := receiver(t, notify.Options{Mail: &notify.Mail{Server: "smtp://" + s.address, From: "Alarms <tocsin@example.com>"}}, topic.Email)
		result := r.Send(t.Context(), notifytest.Alarm(topic.Email, test.to))
		if result.Answer != test.answer {
			t.Errorf("%s: %v: %s", test.name, result.Answer, result.Detail)
		}
		if result.Answer != topic.Delivered {
			if len(s.all()) != 0 {
				t.Errorf("%s: arrived all the same", test.name)
			}
			continue
		}
		e := s.all()[0]
		if e.from != "tocsin@example.com" || e.to != test.to || e.utf8 != (test.name == "foreign") {
			t.Errorf("%s: envelope from %q to %q, SMTPUTF8 %v", test.name, e.from, e.to, e.utf8)
		}
	}
}

// The sender's name is the topic's, else the operator's, else SNS's.
func TestSenderName(t *testing.T) {
	for _, test := range []struct{ from, display, want string }{
		{"tocsin@example.com", "", `"AWS Notifications" <tocsin@example.com>`},
		{"Alarms <tocsin@example.com>", "", `"Alarms" <tocsin@example.com>`},
		{"Alarms <tocsin@example.com>", "Security", `"Security" <tocsin@example.com>`},
		{"Alarms <tocsin@example.com>", "x\" <a@evil.example>\r\nBcc: y", `"x\" <a@evil.example> Bcc: y" <tocsin@example.com>`},
	} {
		s := startSMTP(t, smtpOptions{})
		r := receiver(t, notify.Options{Mail: &notify.Mail{Server: "smtp://" + s.address, From: test.from}}, topic.Email)
		n := notifytest.Plain(topic.Email, "a@example.com")
		n.Topic.DisplayName = test.display
		if result := r.Send(t.Context(), n); result.Answer != topic.Delivered {
			t.Fatalf("%v: %s", result.Answer, result.Detail)
		}
		if got := parseMail(t, s.all()[0].text).header.Get("From"); got != test.want {
			t.Errorf("From: %s, want %s", got, test.want)
		}
	}
}

// Mails to two subscriptions, and of two messages, have ids of their own.
func TestMessageIDs(t *testing.T) {
	s := startSMTP(t, smtpOptions{})
	r := receiver(t, notify.Options{Mail: &notify.Mail{Server: "smtp://" + s.address, From: "tocsin@example.com"}}, topic.Email)
	first := notifytest.Alarm(topic.Email, "a@example.com")
	second, third, fourth := first, first, notifytest.Over(topic.Email, "a@example.com")
	second.Subscription.ARN = topic.SubscriptionARN(first.Document.TopicARN, "00000000-0000-0000-0000-000000000000")
	third.Subscription.ARN += "\r\nX: y"
	seen := map[string]bool{}
	for _, n := range []notify.Note{first, first, second, third, fourth} {
		if result := r.Send(t.Context(), n); result.Answer != topic.Delivered {
			t.Fatalf("%v: %s", result.Answer, result.Detail)
		}
		all := s.all()
		seen[inspectMail(t, all[len(all)-1].text).header.Get("Message-Id")] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d ids, want 4: %v", len(seen), seen)
	}
}

// More mails than connections wait for their turn.
func TestConnectionsAreBounded(t *testing.T) {
	s := startSMTP(t, smtpOptions{})
	r := receiver(t, notify.Options{Mail: &notify.Mail{Server: "smtp://" + s.address, From: "tocsin@example.com", Connections: 1}}, topic.Email)
	s.behaviour.Store(int32(notifytest.Hang))
	done := make(chan notify.Result)
	go func() { done <- r.Send(t.Context(), notifytest.Plain(topic.Email, "a@example.com")) }()
	<-s.reached
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if result := r.Send(ctx, notifytest.Plain(topic.Email, "b@example.com")); result.Answer != topic.Retry {
		t.Errorf("while another mail is on its way: %v: %s", result.Answer, result.Detail)
	}
	s.free()
	if result := <-done; result.Answer != topic.Delivered {
		t.Errorf("%v: %s", result.Answer, result.Detail)
	}
	if n := s.most.Load(); n != 1 {
		t.Errorf("%d mails at once", n)
	}
}
