package export

import (
	"cmp"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tocsin/core/control"
)

// Options say how what is exported is called and who is told.
type Options struct {
	// Pack is what the controls are called as a whole.
	Pack string
	// Prefix begins each name. It is needed.
	Prefix string
	// Namespace is that of all metrics, "" for what the controls say.
	Namespace string
	// LogGroup is the trail's, "" to ask for it, or with Trail to make one up.
	LogGroup string
	// Subscribers are mail addresses, web addresses, telephone numbers or ARNs of queues.
	Subscribers []string
	// Trail says to make the chain before the log group too.
	Trail bool
	// Compat is one of Auditors, "" for none.
	Compat string
	// Warnings says to mend what an audit only warns of, too: an exclusion or a high
	// threshold that somebody may have meant.
	Warnings bool
	// Version is the one whose numbers stand in descriptions.
	Version control.Version
}

var prefixForm = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,22}[A-Za-z0-9])?$`)

// check refuses names that AWS would not take.
func (o *Options) check() error {
	switch {
	case !prefixForm.MatchString(o.Prefix):
		return fmt.Errorf("prefix %q: 1 to 24 letters, digits, hyphens and underscores are wanted, neither of the last two at the ends", o.Prefix)
	case o.LogGroup != "" && !logGroupForm.MatchString(o.LogGroup):
		return fmt.Errorf("log group %q: at most 512 letters, digits and any of . _ / # - are wanted: the name and not the ARN", o.LogGroup)
	case o.Namespace != "" && !namespaceForm.MatchString(o.Namespace):
		return fmt.Errorf("namespace %q: at most 255 letters, digits, spaces and any of . _ / # : - are wanted, no colon in front", o.Namespace)
	case strings.HasPrefix(o.Namespace, "AWS/"):
		return fmt.Errorf("namespace %q: those that begin with AWS/ are AWS's own", o.Namespace)
	case o.Compat != "" && auditors[o.Compat] == "":
		return fmt.Errorf("auditor %q is not one of %s", o.Compat, strings.Join(Auditors(), ", "))
	}
	return nil
}

var (
	logGroupForm  = regexp.MustCompile(`^[A-Za-z0-9._/#-]{1,512}$`)
	namespaceForm = regexp.MustCompile(`^[A-Za-z0-9._/#-][A-Za-z0-9 ._/#:-]{0,254}$`)
	phoneForm     = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	queueForm     = regexp.MustCompile(`^arn:[a-z0-9-]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,80}$`)
)

// subscriber tells by which protocol somebody is told.
func subscriber(endpoint string) (Subscriber, error) {
	s := Subscriber{Endpoint: endpoint}
	u, err := url.Parse(endpoint)
	switch {
	case queueForm.MatchString(endpoint):
		s.Protocol = "sqs"
	case phoneForm.MatchString(endpoint):
		s.Protocol = "sms"
	case err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http"):
		s.Protocol = u.Scheme
	default:
		a, err := mail.ParseAddress(endpoint)
		if err != nil || a.Address != endpoint || strings.ContainsAny(endpoint, " \t\r\n") {
			return s, fmt.Errorf("%q is no mail address, web address, telephone number such as +4930123456 or ARN of a queue", endpoint)
		}
		s.Protocol = "email"
	}
	return s, nil
}

// subscribers are those of the options, each once.
func (o *Options) subscribers() ([]Subscriber, error) {
	var all []Subscriber
	for _, endpoint := range o.Subscribers {
		s, err := subscriber(endpoint)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(had Subscriber) bool { return had.Endpoint == s.Endpoint }) {
			continue
		}
		n := 1
		for _, had := range all {
			if had.Protocol == s.Protocol {
				n++
			}
		}
		if s.Key = s.Protocol; n > 1 {
			s.Key += "-" + strconv.Itoa(n)
		}
		all = append(all, s)
	}
	return all, nil
}

// Pack is the plan of the alarms of controls. Those of another kind, and those
// whose patterns hold example values, are not for it.
func Pack(controls []control.Control, o Options) (*Plan, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	who, err := o.subscribers()
	if err != nil {
		return nil, err
	}
	p := &Plan{Title: "The alarms of pack " + o.Pack, Prefix: o.Prefix, LogGroup: o.LogGroup, Topic: topicName(o.Prefix), Subscribers: who}
	if o.Compat != "" {
		p.Title += ", in the texts that " + auditors[o.Compat] + " accepts"
	}
	if len(who) == 0 {
		p.Notes = append(p.Notes, "Nobody hears of the alarms until somebody is subscribed to the topic: --email names who is to be.")
	}
	if o.Trail {
		p.addTrail(slices.ContainsFunc(controls, isData))
	} else if slices.ContainsFunc(controls, isData) {
		p.Notes = append(p.Notes, "Some alarms look at calls on the objects in S3: the trail has to log data events.")
	}
	probes := everyday()
	for i := range controls {
		c := &controls[i]
		if c.Kind != control.Alarm {
			return nil, fmt.Errorf("control %s has no alarm", c.ID)
		}
		k, err := choose(c, auditors[o.Compat], probes)
		if err != nil {
			return nil, err
		}
		if len(c.Parameters) > 0 {
			k.notes = append(k.notes, "The pattern holds example values: put yours in its place. They are "+strings.Join(c.Parameters, ", ")+".")
		}
		p.add(c, k, &o)
	}
	return p, nil
}

func isData(c control.Control) bool { return c.EventCategory == "data" }

// addTrail makes the plan begin with a trail.
func (p *Plan) addTrail(data bool) {
	p.Trail = &Trail{
		Name: p.named("trail"), Bucket: bucketName(p.Prefix), Role: p.named("trail-to-logs"), Data: data, Retention: 365,
	}
	p.LogGroup = cmp.Or(p.LogGroup, "/cloudtrail/"+p.named("trail"))
	if data {
		p.Notes = append(p.Notes, "The trail logs calls on all objects in S3, which AWS charges by the call: some of the alarms look at them.")
	}
}

// bucketName is the beginning of the name of the trail's bucket.
func bucketName(prefix string) string {
	return strings.ToLower(strings.ReplaceAll(prefix, "_", "-")) + "-trail"
}

// add plans the filters and alarms of one control.
func (p *Plan) add(c *control.Control, k choice, o *Options) {
	s := c.Settings
	s.Namespace = cmp.Or(o.Namespace, s.Namespace)
	key := c.ID
	if k.apart {
		key = c.ID + "-" + o.Compat
	}
	if k.apart {
		s.Metric += "_" + o.Compat
	}
	if k.alike {
		s.Metric = p.named(key)
		k.notes = append(k.notes, auditors[o.Compat]+" looks for an alarm whose metric is called as the filter is.")
	}
	f := Filter{
		Key: key, Name: p.named(key), Pattern: k.text, Namespace: s.Namespace, Metric: s.Metric, Value: string(s.MetricValue), Notes: k.notes,
	}
	a := Alarm{Key: key, Name: p.named(key), Description: description(c, o.Version), Settings: s, Notify: true}
	p.Filters = append(p.Filters, f)
	switch {
	case k.apart:
		a.Description = "For " + auditors[o.Compat] + " only, which demands a filter that matches nearly everything: " + p.named(c.ID) + " is the alarm that rings. " + a.Description
		p.Alarms = append(p.Alarms, a)
		p.add(c, choice{text: k.rest, alike: k.alike}, o)
		return
	case k.rest != "":
		f.Key, f.Name = key+restSuffix, p.named(key+restSuffix)
		f.Pattern, f.Notes = k.rest, []string{"What the text above misses."}
		p.Filters = append(p.Filters, f)
	}
	p.Alarms = append(p.Alarms, a)
}

// description is what the alarm says of itself.
func description(c *control.Control, v control.Version) string {
	text := strings.Join(strings.Fields(c.Title), " ")
	var numbers []string
	if item, ok := c.CIS[v]; ok {
		numbers = append(numbers, "CIS AWS Foundations "+string(v)+", "+item.ID)
	}
	if c.SecurityHub != "" {
		numbers = append(numbers, "Security Hub "+c.SecurityHub)
	}
	if len(numbers) > 0 {
		text += " (" + strings.Join(numbers, "; ") + ")"
	}
	if r := []rune(text); len(r) > maxDescription {
		text = string(r[:maxDescription])
	}
	return text
}

// maxDescription is CloudWatch's limit on AlarmDescription, in characters.
const maxDescription = 1024
