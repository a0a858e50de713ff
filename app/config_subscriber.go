package app

import (
	"errors"
	"slices"
	"strings"

	"tocsin/core/event"
	"tocsin/core/topic"
)

// attributes are those of Subscribe that a subscriber asks for.
func (s Subscriber) attributes() map[string]string {
	a := map[string]string{}
	for name, value := range map[string]string{
		"FilterPolicy": string(s.FilterPolicy), "FilterPolicyScope": s.FilterScope, "DeliveryPolicy": string(s.DeliveryPolicy),
	} {
		if value != "" {
			a[name] = value
		}
	}
	if s.Raw {
		a["RawMessageDelivery"] = "true"
	}
	if s.DeadLetters != "" {
		a["RedrivePolicy"] = `{"deadLetterTargetArn":"` + s.DeadLetters + `"}`
	}
	return a
}

func (d *decoder) checkSubscribers(c *Config) {
	var topics []string
	for _, t := range c.Topics {
		topics = append(topics, t.Name)
	}
	type place struct {
		topic string
		Endpoint
	}
	seen := map[place]bool{}
	for i, s := range c.Subscribe {
		here := element(at("subscribe"), i)
		to := member(here, "to")
		if s.Topic != "" && !slices.Contains(topics, s.Topic) {
			d.reportf(member(here, "topic"), "there is no topic %q: add it to topics%s", s.Topic, maybe(s.Topic, topics))
		}
		if s.To.Reveal() == "" {
			if !d.reported(to) {
				d.report(to, errors.New("the subscriber does not say whom to tell: "+subscriberForms))
			}
			continue
		}
		if s.To.From() == "" && hasPassword(s.To.Reveal()) {
			d.report(to, errors.New("a password does not stand here itself: put the whole address into a file or a variable and "+secretForms))
			continue
		}
		e, err := ParseEndpoint(s.To.Reveal())
		if err != nil {
			d.report(to, err)
			continue
		}
		where := place{s.Topic, e}
		if where.topic == "" && len(topics) > 0 {
			where.topic = topics[0]
		}
		if seen[where] {
			d.report(to, errors.New("this subscriber stands here already"))
		}
		seen[where] = true
		if mail := e.Protocol == topic.Email || e.Protocol == topic.EmailJSON; mail && c.SMTP.URL.Reveal() == "" && !d.reported(at("smtp", "url")) {
			d.report(to, errors.New("mail needs a server that sends it: write smtp.url and smtp.from (--smtp smtp://HOST:587 --from ADDRESS)"))
		}
		d.checkAttributes(s, e.Protocol, here)
	}
}

// reported tells whether a place has a problem already.
func (d *decoder) reported(at event.Path) bool {
	return slices.ContainsFunc(d.problems, func(p problem) bool { return p.at.Equal(at) })
}

// checkAttributes reports the attributes of a subscriber that SNS would refuse, one by one.
func (d *decoder) checkAttributes(s Subscriber, p topic.Protocol, here event.Path) {
	given := s.attributes()
	for _, a := range []struct{ name, key string }{
		{"FilterPolicyScope", "filter_policy_scope"},
		{"FilterPolicy", "filter_policy"},
		{"RawMessageDelivery", "raw"},
		{"DeliveryPolicy", "delivery_policy"},
		{"RedrivePolicy", "dead_letters"},
	} {
		value, ok := given[a.name]
		if !ok {
			continue
		}
		one := map[string]string{a.name: value}
		if scope := given["FilterPolicyScope"]; a.name == "FilterPolicy" && scope != "" && !d.reported(member(here, "filter_policy_scope")) {
			one["FilterPolicyScope"] = scope
		}
		if _, err := topic.NewSettings(p, one); err != nil {
			text := err.Error()
			var invalid *topic.InvalidError
			if errors.As(err, &invalid) {
				text, _, _ = strings.Cut(invalid.Message, "\n")
			}
			for _, prefix := range []string{"Invalid parameter: ", "Attributes Reason: ", a.name + ": "} {
				text = strings.TrimPrefix(text, prefix)
			}
			if a.name == "RedrivePolicy" {
				text = "want the ARN of a standard queue: arn:aws:sqs:REGION:ACCOUNT:NAME"
			}
			d.report(member(here, a.key), errors.New(text))
		}
	}
}
