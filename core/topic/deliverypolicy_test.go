package topic

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTopicDeliveryPolicy(t *testing.T) {
	const (
		request  = `"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}`
		standard = `"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"}`
	)
	for _, c := range []struct{ name, given, shown, effective string }{
		{"none", ``, ``, `{"http":{` + standard + `,"disableSubscriptionOverrides":false,` + request + `}}`},
		{
			"request policy alone", `{"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}}`,
			`{"http":{"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"application/json"}}}`,
			`{"http":{` + standard + `,"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"application/json"}}}`,
		},
		{
			"three members of the retry policy", `{"http":{"defaultHealthyRetryPolicy":{"numRetries":5,"maxDelayTarget":30,"minDelayTarget":10}}}`,
			`{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":10,"maxDelayTarget":30,"numRetries":5},"disableSubscriptionOverrides":false}}`,
			`{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":10,"maxDelayTarget":30,"numRetries":5,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,` + request + `}}`,
		},
		{
			"retry policy null", `{"http":{"defaultHealthyRetryPolicy":null}}`,
			`{"http":{"disableSubscriptionOverrides":false}}`,
			`{"http":{` + standard + `,"disableSubscriptionOverrides":false,` + request + `}}`,
		},
		{"empty", `{"http":{}}`, `{"http":{"disableSubscriptionOverrides":false}}`, `{"http":{` + standard + `,"disableSubscriptionOverrides":false,` + request + `}}`},
		{
			"throttle and overrides", `{"http":{"defaultThrottlePolicy":{"maxReceivesPerSecond":7},"disableSubscriptionOverrides":true}}`,
			`{"http":{"disableSubscriptionOverrides":true,"defaultThrottlePolicy":{"maxReceivesPerSecond":7}}}`,
			`{"http":{` + standard + `,"disableSubscriptionOverrides":true,"defaultThrottlePolicy":{"maxReceivesPerSecond":7},` + request + `}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParseTopicDeliveryPolicy(c.given)
			if err != nil {
				t.Fatal(err)
			}
			if p == nil != (c.shown == "") {
				t.Fatalf("policy %v", p)
			}
			if p != nil && p.JSON() != c.shown {
				t.Errorf("shown %s\nwant  %s", p.JSON(), c.shown)
			}
			if got := p.Effective().JSON(); got != c.effective {
				t.Errorf("effective %s\nwant      %s", got, c.effective)
			}
		})
	}
}

func TestDeliveryPolicy(t *testing.T) {
	const topicText = `{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":2,"numRetries":4},"defaultRequestPolicy":{"headerContentType":"text/html"}}}`
	const own = `{"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":260,"numRetries":20,"numNoDelayRetries":3,"numMinDelayRetries":2,"numMaxDelayRetries":5,"backoffFunction":"geometric"}}`
	for _, c := range []struct{ name, topic, given, shown, effective string }{
		{
			"own retry policy", topicText, own,
			`{"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":260,"numRetries":20,"numMaxDelayRetries":5,"numNoDelayRetries":3,"numMinDelayRetries":2,"backoffFunction":"geometric"},"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":null,"guaranteed":false}`,
			`{"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":260,"numRetries":20,"numMaxDelayRetries":5,"numNoDelayRetries":3,"numMinDelayRetries":2,"backoffFunction":"geometric"},"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":{"headerContentType":"text/html"},"guaranteed":false}`,
		},
		{
			"request and throttle, topic without policy", ``, `{"requestPolicy":{"headerContentType":"application/json"},"throttlePolicy":{"maxReceivesPerSecond":1},"guaranteed":true,"sicklyRetryPolicy":null}`,
			`{"healthyRetryPolicy":null,"sicklyRetryPolicy":null,"throttlePolicy":{"maxReceivesPerSecond":1},"requestPolicy":{"headerContentType":"application/json"},"guaranteed":false}`,
			`{"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"sicklyRetryPolicy":null,"throttlePolicy":{"maxReceivesPerSecond":1},"requestPolicy":{"headerContentType":"application/json"},"guaranteed":false}`,
		},
		{
			"overrides disabled", `{"http":{"disableSubscriptionOverrides":true,"defaultThrottlePolicy":{"maxReceivesPerSecond":9}}}`, own,
			`{"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":260,"numRetries":20,"numMaxDelayRetries":5,"numNoDelayRetries":3,"numMinDelayRetries":2,"backoffFunction":"geometric"},"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":null,"guaranteed":false}`,
			`{"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"sicklyRetryPolicy":null,"throttlePolicy":{"maxReceivesPerSecond":9},"requestPolicy":{"headerContentType":"text/plain; charset=UTF-8"},"guaranteed":false}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			of, err := ParseTopicDeliveryPolicy(c.topic)
			if err != nil {
				t.Fatal(err)
			}
			p, err := ParseDeliveryPolicy(c.given)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.JSON(); got != c.shown {
				t.Errorf("shown %s\nwant  %s", got, c.shown)
			}
			if got := p.Effective(of).JSON(); got != c.effective {
				t.Errorf("effective %s\nwant      %s", got, c.effective)
			}
		})
	}
	p, err := ParseDeliveryPolicy(own)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := written(p.Schedule()), "3×0 3×5 7.756 12.031 18.663 28.949 44.906 69.658 108.054 167.612 6×260"; got != want {
		t.Errorf("schedule %s\nwant     %s", got, want)
	}
	var none *DeliveryPolicy
	e := none.Effective(nil)
	if e.ContentType() != DefaultContentType || e.PerSecond() != 0 || written(e.Schedule()) != "3×20" {
		t.Errorf("without any policy: %s", e.JSON())
	}
	if (DeliveryPolicy{}).ContentType() != DefaultContentType || written(DeliveryPolicy{}.Schedule()) != "3×20" {
		t.Error("the zero policy is not the default")
	}
}

func TestDeliveryPolicyRefused(t *testing.T) {
	retry := func(s string) string { return `{"healthyRetryPolicy":` + s + `}` }
	const path = "InvalidParameter: Invalid parameter: DeliveryPolicy: "
	for given, want := range map[string]string{
		`{`:              path + "failed to parse JSON. unexpected end of JSON input",
		`[]`:             path + "failed to parse JSON. The policy must be an object",
		`{"http":{}}`:    path + "Unexpected JSON member: http",
		retry(`[]`):      path + "healthyRetryPolicy must be an object",
		retry(`{}`):      path + "healthyRetryPolicy.minDelayTarget must be specified",
		retry(`{"x":1}`): path + "Unexpected JSON member: x",
		retry(`{"minDelayTarget":1,"numRetries":1}`):                                                                                                                path + "healthyRetryPolicy.maxDelayTarget must be specified",
		retry(`{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":null}`):                                                                                          path + "healthyRetryPolicy.numRetries must be specified",
		retry(`{"minDelayTarget":0,"maxDelayTarget":0,"numRetries":0}`):                                                                                             path + "healthyRetryPolicy.minDelayTarget must be greater than or equal to 1",
		retry(`{"minDelayTarget":1,"maxDelayTarget":3601,"numRetries":0}`):                                                                                          path + "healthyRetryPolicy.maxDelayTarget must be less than or equal to 3600",
		retry(`{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":101}`):                                                                                           path + "healthyRetryPolicy.numRetries must be less than or equal to 100",
		retry(`{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":-1}`):                                                                                            path + "healthyRetryPolicy.numRetries must be greater than or equal to 0",
		retry(`{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":1,"numNoDelayRetries":-1}`):                                                                      path + "healthyRetryPolicy.numNoDelayRetries must be greater than or equal to 0",
		retry(`{"minDelayTarget":5,"maxDelayTarget":3,"numRetries":1}`):                                                                                             path + "healthyRetryPolicy.maxDelayTarget must be greater than or equal to minDelayTarget",
		retry(`{"minDelayTarget":2,"maxDelayTarget":3,"numRetries":20,"numMaxDelayRetries":7,"numMinDelayRetries":7,"numNoDelayRetries":7}`):                        path + "healthyRetryPolicy.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries",
		retry(`{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":1,"numNoDelayRetries":536870911,"numMinDelayRetries":536870911,"numMaxDelayRetries":536870911}`): path + "healthyRetryPolicy.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries",
		retry(`{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":1.5}`):                                                                                           path + "healthyRetryPolicy.numRetries must be a whole number",
		retry(`{"minDelayTarget":"1","maxDelayTarget":1,"numRetries":1}`):                                                                                           path + "healthyRetryPolicy.minDelayTarget must be a whole number",
		retry(`{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":1,"backoffFunction":"cubic"}`):                                                                   path + "healthyRetryPolicy.backoffFunction: the value [cubic] is not a valid backoff function",
		retry(`{"minDelayTarget":60,"maxDelayTarget":60,"numRetries":61}`):                                                                                          path + "healthyRetryPolicy: the delays of all retries together are 3660 seconds and must be less than or equal to 3600",
		`{"sicklyRetryPolicy":{}}`:                                   path + "sicklyRetryPolicy.minDelayTarget must be specified",
		`{"guaranteed":1}`:                                           path + "guaranteed must be true or false",
		`{"throttlePolicy":{"maxReceivesPerSecond":0}}`:              path + "throttlePolicy.maxReceivesPerSecond must be >= 1",
		`{"throttlePolicy":{"perSecond":1}}`:                         path + "Unexpected JSON member: perSecond",
		`{"throttlePolicy":7}`:                                       path + "throttlePolicy must be an object",
		`{"requestPolicy":{"headerContentType":"nothing"}}`:          path + "requestPolicy.headerContentType: the value [nothing] is not a supported content type",
		`{"requestPolicy":{"headerContentType":"text/plain\nX: y"}}`: path + "requestPolicy.headerContentType: the value [text/plain",
	} {
		_, err := ParseDeliveryPolicy(given)
		if got := refusal(t, err); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", given, got, want)
		}
	}
	for given, want := range map[string]string{
		`{"healthyRetryPolicy":null}`:                      path + "Unexpected JSON member: healthyRetryPolicy",
		`{"http":[]}`:                                      path + "http must be an object",
		`{"http":{"throttlePolicy":{}}}`:                   path + "Unexpected JSON member: throttlePolicy",
		`{"http":{"disableSubscriptionOverrides":"true"}}`: path + "http.disableSubscriptionOverrides must be true or false",
		`{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":101}}}`: path + "http.defaultHealthyRetryPolicy.numRetries must be less than or equal to 100",
		`{"http":{"defaultSicklyRetryPolicy":{}}}`:                                                        path + "http.defaultSicklyRetryPolicy.minDelayTarget must be specified",
	} {
		_, err := ParseTopicDeliveryPolicy(given)
		if got := refusal(t, err); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", given, got, want)
		}
	}
}

func TestContentTypes(t *testing.T) {
	for s, want := range map[string]bool{
		"text/plain; charset=UTF-8": true, "application/json": true, "Application/XML": true, "image/png": true,
		"image/": false, "": false, "application/pdf": false, "text/plain;\r\nX: y": false,
	} {
		if got := isContentType(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func FuzzDeliveryPolicy(f *testing.F) {
	f.Add(`{"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":260,"numRetries":20,"numNoDelayRetries":3,"numMinDelayRetries":2,"numMaxDelayRetries":5,"backoffFunction":"geometric"}}`)
	f.Add(`{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":99,"numRetries":100,"backoffFunction":"exponential"},"throttlePolicy":{"maxReceivesPerSecond":3}}`)
	f.Add(`{"requestPolicy":{"headerContentType":"text/csv"},"sicklyRetryPolicy":null,"guaranteed":false}`)
	f.Add(`{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":2,"numRetries":9,"backoffFunction":"arithmetic"},"disableSubscriptionOverrides":true}}`)
	f.Fuzz(func(t *testing.T, text string) {
		of, err := ParseTopicDeliveryPolicy(text)
		if err != nil {
			checkRefusal(t, err)
		} else if of != nil {
			again, err := ParseTopicDeliveryPolicy(of.JSON())
			if diff := cmp.Diff(of, again); diff != "" || err != nil {
				t.Errorf("topic's policy read again: %v\n%s", err, diff)
			}
			if effective, err := ParseTopicDeliveryPolicy(of.Effective().JSON()); err != nil || effective == nil {
				t.Errorf("effective policy of the topic: %v", err)
			}
		}
		p, err := ParseDeliveryPolicy(text)
		if err != nil {
			checkRefusal(t, err)
			return
		}
		if p == nil {
			return
		}
		again, err := ParseDeliveryPolicy(p.JSON())
		if diff := cmp.Diff(p, again); diff != "" || err != nil {
			t.Errorf("read again: %v\n%s", err, diff)
		}
		checkSchedule(t, p.Effective(of).Schedule())
	})
}

// checkSchedule checks what every schedule of an http endpoint keeps.
func checkSchedule(t *testing.T, s Schedule) {
	t.Helper()
	var total, last time.Duration
	for attempt := 1; ; attempt++ {
		delay, ok := s.Next(attempt)
		if !ok {
			if attempt != s.Retries()+1 || attempt > 101 {
				t.Errorf("%d attempts with %d retries", attempt, s.Retries())
			}
			break
		}
		if delay < last {
			t.Errorf("delay %s after %s", delay, last)
		}
		last = delay
		total += delay
	}
	if total != s.Total() || total > time.Hour || last > s.Greatest {
		t.Errorf("the delays make %s of %s, the last %s", total, s.Total(), last)
	}
}
