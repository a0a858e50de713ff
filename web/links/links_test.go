package links_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/store/roster"
	"tocsin/store/state"
	"tocsin/web/links"
)

const alarms = "arn:aws:sns:eu-central-1:123456789012:alarms"

var start = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// A place is the links of a roster with one topic, served over HTTP.
type place struct {
	*httptest.Server
	site   topic.Site
	db     *state.DB
	roster *roster.Roster
	signer *roster.Signer
	links  *links.Handler
	now    time.Time
	log    bytes.Buffer
}

func newPlace(t *testing.T) *place {
	t.Helper()
	db, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	p := &place{db: db, now: start}
	p.roster = roster.New(roster.Options{State: db, Now: func() time.Time { return p.now }})
	if p.signer, err = roster.OpenSigner(t.Context(), db, "https://tocsin.example.com", start); err != nil {
		t.Fatal(err)
	}
	scope := state.Scope{Partition: "aws", Account: "123456789012", Region: "eu-central-1"}
	if _, err := p.roster.CreateTopic(t.Context(), scope, roster.NewTopic{Name: "alarms"}); err != nil {
		t.Fatal(err)
	}
	p.links = links.New(links.Options{Roster: p.roster, Signer: p.signer, Log: slog.New(slog.NewTextHandler(&p.log, nil))})
	p.Server = httptest.NewServer(p.links)
	t.Cleanup(p.Close)
	p.site = topic.Site(p.URL)
	return p
}

// subscribe subscribes a mailbox and gives the token that was sent to it.
func (p *place) subscribe(t *testing.T, address string) (s state.Subscription, token string) {
	t.Helper()
	s, err := p.roster.Subscribe(t.Context(), topic.SubscribeCall{TopicARN: alarms, Protocol: "email", Endpoint: address, Owner: "123456789012"})
	if err != nil {
		t.Fatal(err)
	}
	return s, p.token(t)
}

// token is that of the newest message in the outbox.
func (p *place) token(t *testing.T) string {
	t.Helper()
	var token string
	ctx := t.Context()
	if err := p.db.Update(ctx, func(tx *state.Tx) error {
		out, err := tx.LeasePublications(ctx, "test", p.now, p.now, 10)
		if len(out) > 0 {
			token = out[len(out)-1].Token
		}
		for _, o := range out {
			if err := tx.Spread(ctx, "test", o.Message.ID, nil, p.now); err != nil {
				return err
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return token
}

func (p *place) subscribed(t *testing.T, arn string) (found, confirmed bool) {
	t.Helper()
	if err := p.db.View(t.Context(), func(tx *state.Tx) error {
		all, err := tx.Subscriptions(t.Context(), alarms)
		for _, s := range all {
			if s.ARN == arn {
				found, confirmed = true, s.Confirmed
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return found, confirmed
}

func request(t *testing.T, method, address, body string) (status int, header http.Header, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, string(b)
}

// want wants an answer that holds all texts.
func want(t *testing.T, method, address, body string, status int, texts ...string) string {
	t.Helper()
	got, _, text := request(t, method, address, body)
	if got != status {
		t.Errorf("%s %s: status %d, not %d\n%s", method, address, got, status, text)
	}
	for _, w := range texts {
		if !strings.Contains(text, w) {
			t.Errorf("%s %s: no %q in\n%s", method, address, w, text)
		}
	}
	return text
}

func TestSNSLinks(t *testing.T) {
	p := newPlace(t)
	s, token := p.subscribe(t, "a@example.com")
	confirm, unsubscribe := p.site.Confirm(alarms, token), p.site.Unsubscribe(s.ARN)

	want(t, "GET", unsubscribe, "", 400, "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type><Code>InvalidParameter</Code><Message>Invalid parameter: This subscription is not confirmed yet.")
	if status, _, _ := request(t, "HEAD", confirm, ""); status != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: status %d", status)
	}
	if _, confirmed := p.subscribed(t, s.ARN); confirmed {
		t.Fatal("HEAD has confirmed")
	}
	for range 2 {
		want(t, "GET", confirm+"&AuthenticateOnUnsubscribe=true", "", 200,
			`<ConfirmSubscriptionResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ConfirmSubscriptionResult><SubscriptionArn>`+s.ARN+
				`</SubscriptionArn></ConfirmSubscriptionResult><ResponseMetadata><RequestId>`)
	}
	for range 2 {
		want(t, "GET", unsubscribe, "", 200, `<UnsubscribeResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ResponseMetadata><RequestId>`)
	}
	if found, _ := p.subscribed(t, s.ARN); found {
		t.Error("still subscribed")
	}
	want(t, "GET", p.site.Confirm(alarms, p.token(t)), "", 200, s.ARN)
	if _, confirmed := p.subscribed(t, s.ARN); !confirmed {
		t.Error("not restored")
	}
	for query, text := range map[string]string{
		"/?Action=ConfirmSubscription&TopicArn=" + alarms + "&Token=x": "<Message>Invalid token</Message>",
		"/?Action=ConfirmSubscription&TopicArn=x&Token=" + token:       "<Message>Invalid parameter: Topic</Message>",
		"/?Action=Unsubscribe&SubscriptionArn=a:b":                     "<Message>Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 2</Message>",
		"/?Action=Unsubscribe":                                         "<Message>Invalid parameter: SubscriptionArn Reason: no value for required parameter</Message>",
		"/?Action=Publish":                                             "<Code>InvalidAction</Code>",
		"/":                                                            "<Code>InvalidAction</Code>",
		"/?Action=ConfirmSubscription&TopicArn=" + alarms + "&Token=%3Cscript%3E%00%ff": "<Message>Invalid token</Message>",
	} {
		want(t, "GET", p.URL+query, "", 400, text)
	}
	want(t, "GET", p.URL+"/elsewhere", "", 404)
}

func TestOwnersOnlyBySignature(t *testing.T) {
	p := newPlace(t)
	s, _ := p.subscribe(t, "all@example.com")
	if _, err := p.roster.ConfirmByAdministrator(t.Context(), s.ARN); err != nil {
		t.Fatal(err)
	}
	want(t, "GET", p.site.Unsubscribe(s.ARN), "", 403, "<Code>AuthorizationError</Code>")
	page := p.site.UnsubscribePage(s.ARN, s.Endpoint)
	want(t, "GET", page, "", 403, "This link cannot end the subscription")
	want(t, "POST", page, "List-Unsubscribe=One-Click", 403, "This link cannot end the subscription")
	if found, _ := p.subscribed(t, s.ARN); !found {
		t.Error("one reader ended the subscription of all")
	}
}

// Scanners follow the links of a mail, some of them all that a page has, without
// anybody having read it.
func TestMailLinksActOnPostOnly(t *testing.T) {
	p := newPlace(t)
	s, token := p.subscribe(t, "a+b@example.com")
	confirm := p.site.ConfirmPage(alarms, token, s.Endpoint)
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT"} {
		request(t, method, confirm, "")
	}
	if _, confirmed := p.subscribed(t, s.ARN); confirmed {
		t.Fatal("a scanner has confirmed")
	}
	want(t, "GET", confirm, "", 200, "Confirm this subscription?", "a&#43;b@example.com", `<form method="post"><button type="submit">`, alarms)
	page := want(t, "POST", confirm, "", 200, "Subscription confirmed!", s.ARN)
	if _, confirmed := p.subscribed(t, s.ARN); !confirmed {
		t.Fatal("not confirmed")
	}
	want(t, "GET", confirm, "", 200, "Subscription confirmed!")

	// The way out of that page leads to the page that asks.
	_, link, _ := strings.Cut(page, `<a href="`)
	link, _, _ = strings.Cut(link, `"`)
	link = p.URL + "/" + strings.ReplaceAll(link, "&amp;", "&")
	unsubscribe := p.site.UnsubscribePage(s.ARN, s.Endpoint)
	for _, address := range []string{link, unsubscribe} {
		want(t, "GET", address, "", 200, "Unsubscribe?", "a&#43;b@example.com")
	}
	if found, _ := p.subscribed(t, s.ARN); !found {
		t.Fatal("a scanner has unsubscribed")
	}
	want(t, "POST", unsubscribe, "List-Unsubscribe=One-Click", 200, "You are unsubscribed", "brings the subscription back")
	if found, _ := p.subscribed(t, s.ARN); found {
		t.Fatal("still subscribed")
	}
	for _, method := range []string{"GET", "POST"} {
		want(t, method, unsubscribe, "", 200, "You are not subscribed")
	}

	restore := p.site.ConfirmPage(alarms, p.token(t), s.Endpoint)
	want(t, "GET", restore, "", 200, "Restore this subscription?", "a&#43;b@example.com")
	if found, _ := p.subscribed(t, s.ARN); found {
		t.Fatal("a scanner has restored")
	}
	want(t, "POST", restore, "", 200, "Subscription restored!")
	if found, _ := p.subscribed(t, s.ARN); !found {
		t.Error("not restored")
	}
}

func TestPagesOfWhatCannotBe(t *testing.T) {
	p := newPlace(t)
	s, token := p.subscribe(t, "a@example.com")
	want(t, "GET", p.site.UnsubscribePage(s.ARN, s.Endpoint), "", 200, "never confirmed", "a@example.com")
	want(t, "POST", p.site.UnsubscribePage(s.ARN, s.Endpoint), "", 400, "not complete")
	for _, method := range []string{"GET", "POST"} {
		want(t, method, p.URL+"/confirmation.html", "", 400, "not good any more")
		want(t, method, p.URL+"/unsubscribe.html?SubscriptionArn=%3Cscript%3E", "", 400, "not complete")
	}
	p.now = start.Add(topic.TokenLife)
	for _, method := range []string{"GET", "POST"} {
		want(t, method, p.site.ConfirmPage(alarms, token, s.Endpoint), "", 400, "older than two days")
	}
}

// Who knows only the ARN of a subscription does not learn whose it is, and the
// address cannot be made to show another text.
func TestAddressIsShownToWhoKnowsIt(t *testing.T) {
	p := newPlace(t)
	s, token := p.subscribe(t, "a@example.com")
	if _, err := p.roster.Confirm(t.Context(), alarms, token, topic.ConfirmCall{}); err != nil {
		t.Fatal(err)
	}
	for _, endpoint := range []string{"", "b@example.com", `"><script>alert(1)</script>`} {
		page := want(t, "GET", p.site.UnsubscribePage(s.ARN, endpoint), "", 200, "Unsubscribe?")
		if strings.Contains(page, "@example.com") || strings.Contains(page, "<script") {
			t.Errorf("for %q the page is\n%s", endpoint, page)
		}
	}
}

func TestNothingForeignOnAPage(t *testing.T) {
	p := newPlace(t)
	s, err := p.roster.Subscribe(t.Context(), topic.SubscribeCall{TopicARN: alarms, Protocol: "https", Endpoint: "https://example.com/?<b>&'x'", Owner: "123456789012"})
	if err != nil {
		t.Fatal(err)
	}
	token := p.token(t)
	_, header, page := request(t, "GET", p.site.ConfirmPage(alarms, token, s.Endpoint), "")
	if strings.Contains(page, "<b>") || !strings.Contains(page, "&lt;b&gt;&amp;") {
		t.Errorf("the address is not escaped:\n%s", page)
	}
	for _, foreign := range []string{"<script", "src=", "http://", "@import", "url("} {
		if strings.Contains(page, foreign) {
			t.Errorf("the page has %q", foreign)
		}
	}
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	for name, value := range map[string]string{
		"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"Content-Type": "text/html; charset=utf-8", "X-Robots-Tag": "noindex, nofollow",
	} {
		if got := header.Get(name); got != value {
			t.Errorf("%s is %q, not %q", name, got, value)
		}
	}
}

func TestCertificate(t *testing.T) {
	p := newPlace(t)
	want(t, "GET", p.URL+p.signer.CertificatePath(), "", 200, string(p.signer.CertificatePEM()))
	want(t, "GET", p.URL+"/SimpleNotificationService-00000000000000000000000000000000.pem", "", 404)
}

func TestFaultOfOurs(t *testing.T) {
	p := newPlace(t)
	s, token := p.subscribe(t, "a@example.com")
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // the database does not answer
	for _, c := range []struct {
		method, address string
		status          int
		text            string
	}{
		{"GET", p.site.Confirm(alarms, token), 500, "<Type>Receiver</Type><Code>InternalError</Code>"},
		{"GET", p.site.Unsubscribe(s.ARN), 500, "<Code>InternalError</Code>"},
		{"GET", p.site.ConfirmPage(alarms, token, s.Endpoint), 503, "The fault is on our side"},
		{"POST", p.site.ConfirmPage(alarms, token, s.Endpoint), 503, "The fault is on our side"},
		{"POST", p.site.UnsubscribePage(s.ARN, s.Endpoint), 503, "The fault is on our side"},
	} {
		w := httptest.NewRecorder()
		p.links.ServeHTTP(w, httptest.NewRequestWithContext(ctx, c.method, c.address, nil))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.text) {
			t.Errorf("%s %s: %d\n%s", c.method, c.address, w.Code, w.Body)
		}
	}
	log := p.log.String()
	if strings.Count(log, "level=ERROR") != 5 || strings.Contains(log, token) {
		t.Errorf("the log is\n%s", log)
	}
}

func TestServes(t *testing.T) {
	p := newPlace(t)
	for address, serves := range map[string]bool{
		"/?Action=ConfirmSubscription":            true,
		"/?Action=Unsubscribe":                    true,
		"/?Action=Unsubscribe&X-Amz-Signature=aa": false,
		"/?Action=Publish":                        false,
		"/":                                       false,
		"/confirmation.html?" + url.Values{}.Encode(): true,
		"/unsubscribe.html":                           true,
		p.signer.CertificatePath():                    true,
		"/SimpleNotificationService-1.pem":            false,
	} {
		if got := p.links.Serves(httptest.NewRequestWithContext(t.Context(), "GET", address, nil)); got != serves {
			t.Errorf("%s: %v", address, got)
		}
	}
	signed := httptest.NewRequestWithContext(t.Context(), "GET", "/?Action=Unsubscribe", nil)
	signed.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x")
	if p.links.Serves(signed) || p.links.Serves(httptest.NewRequestWithContext(t.Context(), "POST", "/?Action=Unsubscribe", nil)) {
		t.Error("it takes what the API is to answer")
	}
}
