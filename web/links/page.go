package links

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"

	"tocsin/core/topic"
	"tocsin/store/roster"
	"tocsin/store/state"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// contentPolicy lets a page show its own style and send its own form, and
// nothing else.
var contentPolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}()

// A page is what somebody sees who follows a link.
type page struct {
	status int
	Tone   string // "", good or bad: of the bell
	Title  string
	Text   []string // paragraphs
	Facts  []fact
	Button string // of a form that posts to the page's own address; "" for none
	Way    string // address of a link below, "" for none
	WayIs  string // its text
}

type fact struct {
	Name, Value string
	Code        bool
}

// Style is the style sheet, which is ours and has nothing to escape.
func (p page) Style() template.CSS { return template.CSS(pageStyle) }

func (h *Handler) show(w http.ResponseWriter, p page) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", contentPolicy)
	if p.status != 0 {
		w.WriteHeader(p.status)
	}
	if err := pageTemplate.Execute(w, p); err != nil {
		h.log.Debug("a page was not read to its end", "error", err)
	}
}

// facts name a subscription; the endpoint only if it may be shown.
func facts(s state.Subscription, withEndpoint bool) []fact {
	arn, _ := topic.ParseARN(s.TopicARN)
	f := []fact{{Name: "Topic", Value: arn.Resource}}
	if withEndpoint {
		f = append(f, fact{Name: "Sent to", Value: s.Endpoint})
	}
	if s.Confirmed {
		return append(f, fact{Name: "Subscription's id", Value: s.ARN, Code: true})
	}
	return append(f, fact{Name: "Topic's ARN", Value: s.TopicARN, Code: true})
}

// The GET of a page shows what the button would do.

func (h *Handler) askToConfirm(w http.ResponseWriter, r *http.Request) {
	a, err := h.roster.Asked(r.Context(), r.URL.Query().Get("Token"))
	switch {
	case err != nil:
		h.show(w, h.refusedConfirm(r, err))
	case a.Done:
		h.show(w, confirmed(a.Subscription, false))
	case a.Restores:
		h.show(w, page{
			Title:  "Restore this subscription?",
			Text:   []string{"It was ended. If you restore it, messages of this topic are sent to you again."},
			Facts:  facts(a.Subscription, true),
			Button: "Restore subscription",
		})
	default:
		h.show(w, page{
			Title: "Confirm this subscription?",
			Text: []string{
				"Once it is confirmed, messages of this topic are sent to you.",
				"If you do not know what this is, close the page: without your confirmation nothing is sent.",
			},
			Facts:  facts(unconfirmed(a.Subscription), true),
			Button: "Confirm subscription",
		})
	}
}

// unconfirmed is a subscription as it was before the token is used.
func unconfirmed(s state.Subscription) state.Subscription {
	s.Confirmed = false
	return s
}

func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("Token")
	a, err := h.roster.Asked(r.Context(), token)
	if err != nil {
		h.show(w, h.refusedConfirm(r, err))
		return
	}
	s, err := h.roster.Confirm(r.Context(), a.Subscription.TopicARN, token, topic.ConfirmCall{})
	if err != nil {
		h.show(w, h.refusedConfirm(r, err))
		return
	}
	h.show(w, confirmed(s, a.Restores))
}

func confirmed(s state.Subscription, restored bool) page {
	p := page{
		Tone: "good", Title: "Subscription confirmed!",
		Text:  []string{"Messages of this topic are sent to you."},
		Facts: facts(s, true),
	}
	if restored {
		p.Title = "Subscription restored!"
		p.Text = []string{"Messages of this topic are sent to you again."}
	}
	if !s.SignedUnsubscribe {
		p.WayIs = "It was not your intention to subscribe? Unsubscribe"
		p.Way = unsubscribePath[1:] + "?" + url.Values{"SubscriptionArn": {s.ARN}, "Endpoint": {s.Endpoint}}.Encode()
	}
	return p
}

func (h *Handler) refusedConfirm(r *http.Request, err error) page {
	if h.refusal(r, err) == nil {
		return failed()
	}
	return page{
		status: http.StatusBadRequest, Tone: "bad", Title: "This link is not good any more",
		Text: []string{
			"It is older than two days, the subscription has ended since, or the address was not copied in full.",
			"Ask who runs the alarms to subscribe you again: you then get a message with a new link.",
		},
	}
}

func failed() page {
	return page{
		status: http.StatusServiceUnavailable, Tone: "bad", Title: "This did not work",
		Text: []string{"The fault is on our side, and nothing was changed. Try again in a few minutes."},
	}
}

func (h *Handler) askToUnsubscribe(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s, err := h.roster.Subscription(r.Context(), q.Get("SubscriptionArn"))
	switch {
	case err != nil:
		h.show(w, h.refusedUnsubscribe(r, err))
	case !s.Confirmed:
		h.show(w, page{
			Title: "This subscription was never confirmed",
			Text:  []string{"Nothing is sent to you, so there is nothing to end. If nobody confirms it, it goes away by itself."},
			Facts: facts(s, q.Get("Endpoint") == s.Endpoint),
		})
	case s.SignedUnsubscribe:
		h.show(w, onlyByOwner())
	default:
		h.show(w, page{
			Title: "Unsubscribe?",
			Text:  []string{"Messages of this topic, which may be alarms about the security of your systems, are then no longer sent here."},
			// Who knows the ARN alone does not get to know the address.
			Facts:  facts(s, q.Get("Endpoint") == s.Endpoint),
			Button: "Unsubscribe",
		})
	}
}

func (h *Handler) unsubscribe(w http.ResponseWriter, r *http.Request) {
	arn := r.URL.Query().Get("SubscriptionArn")
	s, err := h.roster.Subscription(r.Context(), arn)
	if err == nil {
		err = h.roster.Unsubscribe(r.Context(), arn, false)
	}
	if err != nil {
		h.show(w, h.refusedUnsubscribe(r, err))
		return
	}
	p := page{
		Tone: "good", Title: "You are unsubscribed",
		Text:  []string{"Messages of this topic are no longer sent here."},
		Facts: facts(s, r.URL.Query().Get("Endpoint") == s.Endpoint),
	}
	if roster.TellsOfEnd(s) {
		p.Text = append(p.Text, "A last message is on its way to you. For two days, its link brings the subscription back.")
	}
	h.show(w, p)
}

func onlyByOwner() page {
	return page{
		status: http.StatusForbidden, Tone: "bad", Title: "This link cannot end the subscription",
		Text: []string{
			"Several people read these messages, so that no single one of them may end it.",
			"Ask who runs the alarms to take the address out.",
		},
	}
}

func (h *Handler) refusedUnsubscribe(r *http.Request, err error) page {
	refusal := h.refusal(r, err)
	switch {
	case refusal == nil:
		return failed()
	case refusal.Code == "AuthorizationError":
		return onlyByOwner()
	case refusal.Code == "NotFound":
		return page{
			Tone: "good", Title: "You are not subscribed",
			Text: []string{"This subscription has ended already, and no messages of it are sent."},
		}
	}
	return page{
		status: http.StatusBadRequest, Tone: "bad", Title: "This link is not complete",
		Text: []string{"Copy the whole address out of the message and try again."},
	}
}
