package app

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"tocsin/core/control"
	"tocsin/core/event"
	"tocsin/core/spell"
	"tocsin/core/topic"
	"tocsin/source"
	"tocsin/store/state"
)

var (
	accountID    = regexp.MustCompile(`^\d{12}$`)
	regionName   = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$`)
	partition    = regexp.MustCompile(`^aws(-[a-z]+)*$`)
	logGroupName = regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`) // CloudWatch Logs API Reference, CreateLogGroup
)

// at is a path of member names.
func at(names ...string) event.Path { return event.Members(names...) }

// check reports what cannot be meant in a configuration whose every word was read.
func (d *decoder) check(c *Config) {
	d.checkPlace(c)
	d.checkStores(c)
	d.checkLogGroups(c)
	d.checkSources(c)
	d.checkAlarms(c)
	d.checkTopics(c)
	d.checkSubscribers(c)
	d.checkSMTP(c)
	d.checkBounds(c)
}

func (d *decoder) checkPlace(c *Config) {
	if !accountID.MatchString(c.Account) {
		d.reportf(at("account"), "%q is no account: write its twelve digits", c.Account)
	}
	if !regionName.MatchString(c.Region) {
		d.reportf(at("region"), "%q is no Region: write one such as eu-central-1", c.Region)
	}
	if c.Partition != "" && !partition.MatchString(c.Partition) {
		d.reportf(at("partition"), "%q is no partition: write aws, aws-cn or aws-us-gov", c.Partition)
	}
	if c.Listen == c.Console && !c.Listen.Off() && !strings.HasSuffix(string(c.Listen), ":0") {
		d.reportf(at("console"), "listen has the address %s already: give the console another port", c.Console)
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			d.reportf(at("public_url"), "%q is no address that links can begin with: write one such as https://tocsin.example.com", withoutUser(c.PublicURL))
		}
	}
}

func (d *decoder) checkStores(c *Config) {
	if c.Data == "" {
		d.report(at("data"), errors.New("a folder is wanted here"))
	}
	switch dsn := c.Database.Reveal(); {
	case dsn == "":
	case c.Database.From() == "" && hasPassword(dsn):
		d.report(at("database"), errors.New("a password does not stand here itself: put the whole address into a file or a variable and "+secretForms))
	case strings.HasPrefix(dsn, "postgres://"), strings.HasPrefix(dsn, "postgresql://"):
	case strings.HasPrefix(dsn, "sqlite:") && dsn != "sqlite:":
	default:
		d.report(at("database"), errors.New("this is no address of a database: write sqlite:PATH or postgres://USER@HOST/NAME"))
	}
	if bucket, s3 := strings.CutPrefix(c.Segments, "s3://"); s3 && (bucket == "" || bucket[0] == '/') {
		d.reportf(at("segments"), "%q names no bucket: write s3://BUCKET/PREFIX", c.Segments)
	} else if !s3 && strings.Contains(c.Segments, "://") {
		d.reportf(at("segments"), "%q is no place for segments: write the path of a folder, or s3://BUCKET/PREFIX", withoutUser(c.Segments))
	}
}

func (d *decoder) checkLogGroups(c *Config) {
	here := at("log_groups")
	if len(c.LogGroups) == 0 {
		d.report(here, errors.New("events need a log group: write at least one, or leave log_groups out"))
	}
	names := map[string]bool{}
	for i, g := range c.LogGroups {
		name := member(element(here, i), "name")
		switch {
		case !logGroupName.MatchString(g.Name):
			d.reportf(name, "%q is no name of a log group: it has 1 to 512 letters, digits and . - _ / #", g.Name)
		case names[g.Name]:
			d.reportf(name, "the log group %q stands here twice", g.Name)
		}
		names[g.Name] = true
		if days := g.RetentionDays; days != nil && (*days < 0 || *days > maxRetention) {
			d.reportf(member(element(here, i), "retention_days"), "%d is no number of days: write 1 to %d, or 0 for ever", *days, maxRetention)
		}
	}
}

// maxRetention is a hundred years, in days.
const maxRetention = 36500

func (d *decoder) checkSources(c *Config) {
	seen := map[string]bool{}
	for i, s := range c.Sources {
		here := element(at("sources"), i)
		from := member(here, "from")
		spec, err := source.ParseFeed(s.From)
		switch {
		case err != nil:
			d.report(from, err)
			continue
		case seen[spec.String()]:
			d.reportf(from, "%s is a source already", s.From)
		}
		seen[spec.String()] = true
		if s.LogGroup != "" && !slices.ContainsFunc(c.LogGroups, func(g LogGroup) bool { return g.Name == s.LogGroup }) {
			d.reportf(member(here, "log_group"), "there is no log group %q: add it to log_groups%s", s.LogGroup, maybe(s.LogGroup, c.logGroupNames()))
		}
		polled := spec.Kind == source.FolderFeed || spec.Kind == source.BucketFeed
		switch {
		case s.Poll != 0 && !polled:
			d.reportf(member(here, "poll"), "only folders and buckets are polled: leave this out")
		case s.Poll != 0 && time.Duration(s.Poll) < minPoll:
			d.reportf(member(here, "poll"), "%s is too often: write %s or more", s.Poll, Duration(minPoll))
		}
		if s.Since != (Since{}) && !polled {
			d.reportf(member(here, "since"), "only folders and buckets have a past: leave this out, or name the bucket as a source too")
		}
		if b := s.Backfill; b != nil && !polled {
			d.reportf(member(here, "backfill"), "only folders and buckets have a past: write this at the bucket that the queue tells of")
		} else if b != nil && !b.From.IsZero() && !b.To.IsZero() && !b.From.Before(b.To.Time) {
			d.reportf(member(member(here, "backfill"), "to"), "this is not after %s, where it begins", b.From.Format(time.RFC3339))
		}
		for name, given := range map[string]bool{"buckets": len(s.Buckets) > 0, "any_key": s.AnyKey} {
			if given && spec.Kind != source.QueueFeed {
				d.reportf(member(here, name), "this is about the messages of a queue: leave it out")
			}
		}
	}
}

// minPoll is the shortest time between two looks at a source.
const minPoll = 100 * time.Millisecond

func (c *Config) logGroupNames() (names []string) {
	for _, g := range c.LogGroups {
		names = append(names, g.Name)
	}
	return names
}

func (d *decoder) checkAlarms(c *Config) {
	pack, _, err := controls(c.Pack)
	if err != nil {
		d.report(at("pack"), err)
		return
	}
	here := at("alarms")
	if c.Alarms.Silence != 0 && c.Alarms.Silence < minSilence {
		d.reportf(member(here, "silence"), "%s is too short: CloudTrail itself may take a quarter of an hour; write %s or more, or leave it out", c.Alarms.Silence, minSilence)
	}
	if state.RepeatMode(c.Alarms.Repeat) != state.RepeatOff && c.Alarms.Every < minRepeat {
		d.reportf(member(here, "every"), "%s is too often: write %s or more", c.Alarms.Every, minRepeat)
	}
	var ids []string
	for _, k := range pack.Controls {
		ids = append(ids, k.ID)
	}
	seen := map[string]bool{}
	for i, o := range c.Alarms.Overrides {
		here := element(member(here, "overrides"), i)
		name := member(here, "alarm")
		switch {
		case o.Alarm == "":
			d.report(name, errors.New("the name of an alarm is wanted: the id of its control"))
		case seen[o.Alarm]:
			d.reportf(name, "%s stands here twice", o.Alarm)
		case !slices.Contains(ids, o.Alarm):
			d.reportf(name, "pack %s has no alarm %q%s", c.Pack, o.Alarm, maybe(o.Alarm, ids))
		}
		seen[o.Alarm] = true
		if o.Every != nil && *o.Every < minRepeat {
			d.reportf(member(here, "every"), "%s is too often: write %s or more", *o.Every, minRepeat)
		}
		if o.Repeat == nil && o.Every == nil {
			d.reportf(here, "nothing is said of %s: write repeat, every or both", o.Alarm)
		}
	}
}

// minRepeat is the shortest time between two notices of an alarm that lasts.
const minRepeat = Duration(time.Minute)

// minSilence is more than CloudTrail takes to deliver.
const minSilence = Duration(30 * time.Minute)

func (d *decoder) checkTopics(c *Config) {
	here := at("topics")
	if len(c.Topics) == 0 {
		d.report(here, errors.New("alarms need a topic: write at least one, or leave topics out"))
	}
	seen := map[string]bool{}
	for i, t := range c.Topics {
		name := member(element(here, i), "name")
		switch {
		case topic.CheckTopicName(t.Name, "") != nil:
			d.reportf(name, "%q is no name of a topic: it has 1 to 256 letters, digits, hyphens and underscores", t.Name)
		case seen[t.Name]:
			d.reportf(name, "the topic %q stands here twice", t.Name)
		}
		seen[t.Name] = true
		if _, err := (topic.TopicSettings{}).Set("DisplayName", t.DisplayName); err != nil {
			d.report(member(element(here, i), "display_name"), errors.New("a name for display is one line of at most 100 characters"))
		}
	}
}

func (d *decoder) checkSMTP(c *Config) {
	here := at("smtp")
	address := c.SMTP.URL.Reveal()
	if address == "" {
		return
	}
	u, err := url.Parse(address)
	switch {
	case c.SMTP.URL.From() == "" && hasPassword(address):
		d.report(member(here, "url"), errors.New("a password does not stand here itself: leave it out and write smtp.password, or give the whole URL as {file: PATH} or {env: NAME}"))
	case err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "":
		d.report(member(here, "url"), errors.New("this is no mail server: write smtp://HOST:587 (encrypted by STARTTLS), or smtps://HOST:465"))
	}
	if from, err := mail.ParseAddress(c.SMTP.From); err != nil || topic.CheckEndpoint(topic.Email, from.Address) != nil {
		d.reportf(member(here, "from"), "%q is no mail address: mail needs one that it comes from, such as tocsin <tocsin@example.com>", c.SMTP.From)
	}
	if p := c.SMTP.Password; p.Reveal() != "" && p.From() == "" {
		d.report(member(here, "password"), errors.New("a password does not stand here itself: "+secretForms))
	} else if p.Reveal() != "" && err == nil && u.User.Username() == "" {
		d.report(member(here, "password"), errors.New("a password needs a user: write smtp.url as smtp://USER@HOST:587"))
	}
}

func (d *decoder) checkBounds(c *Config) {
	for name, kept := range map[string]Duration{
		"marks": c.Keep.Marks, "points": c.Keep.Points, "evidence": c.Keep.Evidence, "messages": c.Keep.Messages,
	} {
		if kept < day {
			d.reportf(at("keep", name), "%s is too short: write 1 day or more", kept)
		}
	}
	for name, limit := range map[string]struct{ is, least Size }{
		"records": {c.Limits.Records, 16 << 20}, "ids": {c.Limits.IDs, 1 << 20},
	} {
		if limit.is < limit.least {
			d.reportf(at("limits", name), "%s is too small: write %s or more", limit.is, limit.least)
		}
	}
	if after := c.Limits.SealAfter; after < Duration(time.Second) || after > day {
		d.reportf(at("limits", "seal_after"), "%s is no time to seal after: write 1s to 1 day", after)
	}
	if n := c.Limits.Workers; n < 0 || n > maxWorkers {
		d.reportf(at("limits", "workers"), "%d is no number of workers: write 1 to %d, or 0 for one per processor", n, maxWorkers)
	}
	if n := c.Limits.Deliveries; n < 1 || n > maxWorkers {
		d.reportf(at("limits", "deliveries"), "%d is no number of deliveries at once: write 1 to %d", n, maxWorkers)
	}
}

// maxWorkers is more than any machine can use.
const maxWorkers = 1024

// controls are those of the pack that spec names. Of a built-in pack those with
// example values in their patterns are left out, which would ring without reason.
func controls(spec string) (pack *control.Pack, leftOut []string, err error) {
	pack, err = Pack(spec)
	if err != nil && !strings.ContainsAny(spec, `./\`) { // it was hardly meant as a file
		return nil, nil, fmt.Errorf("%w%s", err, maybe(spec, []string{"cis", "securityhub", "all", "none"}))
	}
	if err != nil {
		return nil, nil, err
	}
	pack.Controls = slices.DeleteFunc(pack.Controls, func(c control.Control) bool {
		examples := control.IsName(spec) && len(c.Parameters) > 0
		if examples {
			leftOut = append(leftOut, c.ID)
		}
		return examples || c.Kind != control.Alarm
	})
	return pack, leftOut, nil
}

// maybe is "; did you mean x?" with the name closest to what was written.
func maybe(written string, names []string) string {
	if near, ok := spell.Nearest(written, names); ok {
		return "; did you mean " + near + "?"
	}
	return ""
}
