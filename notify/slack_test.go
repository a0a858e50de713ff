package notify_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tocsin/core/topic"
	"tocsin/notify"
	"tocsin/notify/notifytest"
)

const slackPath = "/services/T012ABCDEF/B012ABCDEF/k3yOfTheWebhook9xYz"

func TestSlackConforms(t *testing.T) {
	notifytest.Run(t, func(t *testing.T) notifytest.Peer {
		w := &webPeer{answer: answerAsSlack, keep: keepBody}
		w.start(t, true)
		p := w.peer()
		p.Protocol = notify.Slack
		p.Receiver = receiver(t, notify.Options{Roots: w.roots()}, notify.Slack)
		p.Endpoint = w.server.URL + slackPath
		p.Secrets = []string{"k3yOfTheWebhook9xYz", "T012ABCDEF", "B012ABCDEF"}
		p.RetryAfter = 37 * time.Second
		p.Inspect = inspectSlack
		return p
	})
}

// answerAsSlack: the texts are Slack's.
func answerAsSlack(w http.ResponseWriter, r *http.Request, b notifytest.Behaviour) {
	switch b {
	case notifytest.Refuse:
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte("no_service"))
	case notifytest.Accept:
		_, _ = w.Write([]byte("ok"))
	default:
		answerPlainly(w, r, b)
	}
}

// inspectSlack checks a message against Slack's limits and for what Slack would
// act on.
func inspectSlack(t *testing.T, accepted string) {
	var m struct {
		Text        string
		Attachments []struct {
			Fallback string
			Blocks   []struct {
				Text *struct {
					Type, Text string
					Verbatim   bool
				}
				Elements []struct {
					Type, Text string
					Verbatim   bool
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(accepted), &m); err != nil {
		t.Fatalf("%v:\n%.500s", err, accepted)
	}
	texts, total := []string{m.Text}, 0
	for _, a := range m.Attachments {
		texts = append(texts, a.Fallback)
		if len(a.Blocks) > 50 {
			t.Errorf("%d blocks", len(a.Blocks))
		}
		for _, b := range a.Blocks {
			for _, e := range append(b.Elements, derefs(b.Text)...) {
				if n := utf8.RuneCountInString(e.Text); n > 3000 || n == 0 {
					t.Errorf("a text of %d characters", n)
				}
				if !e.Verbatim {
					t.Errorf("not verbatim: %q", e.Text)
				}
				total += utf8.RuneCountInString(e.Text)
				texts = append(texts, e.Text)
			}
		}
	}
	if total > 12000 {
		t.Errorf("%d characters in all", total)
	}
	for _, text := range texts {
		if strings.ContainsAny(text, "<>") {
			t.Errorf("a text has Slack's brackets: %.300q", text)
		}
		if !notifytest.Printable(text) {
			t.Errorf("a text holds control characters: %.300q", text)
		}
		for _, mention := range []string{"@here", "@channel", "@everyone"} {
			if strings.Contains(text, mention) {
				t.Errorf("a text mentions %s: %.300q", mention, text)
			}
		}
		if strings.Count(strings.ReplaceAll(text, "```", ""), "`")%2 != 0 || strings.Count(text, "```")%2 != 0 {
			t.Errorf("code does not end: %.300q", text)
		}
	}
}

type slackElement = struct {
	Type, Text string
	Verbatim   bool
}

func derefs(e *slackElement) []slackElement {
	if e == nil {
		return nil
	}
	return []slackElement{*e}
}

// A message whose blocks Slack refuses goes out as plain text.
func TestSlackFallsBackToText(t *testing.T) {
	w := &webPeer{keep: keepBody}
	w.answer = func(rw http.ResponseWriter, _ *http.Request, _ notifytest.Behaviour) {
		if all := w.takeAll(); strings.Contains(all[len(all)-1], `"blocks"`) {
			http.Error(rw, "invalid_blocks", http.StatusBadRequest)
			return
		}
		_, _ = rw.Write([]byte("ok"))
	}
	w.start(t, true)
	r := receiver(t, notify.Options{Roots: w.roots()}, notify.Slack)
	result := r.Send(t.Context(), notifytest.Alarm(notify.Slack, w.server.URL+slackPath))
	if result.Answer != topic.Delivered {
		t.Fatalf("%v: %s", result.Answer, result.Detail)
	}
	all := w.takeAll()
	if len(all) != 2 || !strings.Contains(all[1], "StopLogging") || !strings.Contains(all[1], "tocsin search") {
		t.Errorf("the text does not say what happened: %q", all[1:])
	}
}

// A web page in place of an answer means that the message went somewhere else.
func TestSlackWebPage(t *testing.T) {
	w := &webPeer{keep: keepBody}
	w.answer = func(rw http.ResponseWriter, _ *http.Request, _ notifytest.Behaviour) {
		_, _ = rw.Write([]byte("<!doctype html><title>Log in to the network</title>"))
	}
	w.start(t, true)
	r := receiver(t, notify.Options{Roots: w.roots()}, notify.Slack)
	if result := r.Send(t.Context(), notifytest.Alarm(notify.Slack, w.server.URL+slackPath)); result.Answer != topic.Retry {
		t.Errorf("%v: %s", result.Answer, result.Detail)
	}
}

// Over http the secret goes out only where the operator says so.
func TestSlackWithoutTLS(t *testing.T) {
	w := &webPeer{answer: answerAsSlack, keep: keepBody}
	w.start(t, false)
	r := receiver(t, notify.Options{}, notify.Slack)
	n := notifytest.Alarm(notify.Slack, w.server.URL+slackPath)
	if result := r.Send(t.Context(), n); result.Answer != topic.Delivered {
		t.Errorf("trusted: %v: %s", result.Answer, result.Detail)
	}
	n.Trusted = false
	if result := r.Send(t.Context(), n); result.Answer != topic.Permanent || !strings.Contains(result.Detail, "https") {
		t.Errorf("not trusted: %v: %s", result.Answer, result.Detail)
	}
	if n := len(w.takeAll()); n != 1 {
		t.Errorf("%d messages arrived, want 1", n)
	}
}
