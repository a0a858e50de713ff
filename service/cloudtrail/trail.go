package cloudtrail

import (
	"context"
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/core/digest"
	"tocsin/service"
	"tocsin/store/state"
)

// A Trail is a trail. Its account and home Region are those of its resource.
type Trail struct {
	// ID tells trails apart that had the same name one after the other.
	ID          string `json:"id"`
	ARN         string `json:"arn"`
	Bucket      string `json:"bucket"`
	Prefix      string `json:"prefix,omitempty"`
	Topic       string `json:"topic,omitempty"` // as it was given
	TopicARN    string `json:"topicArn,omitempty"`
	Global      bool   `json:"global"` // global service events
	MultiRegion bool   `json:"multiRegion"`
	Validation  bool   `json:"validation"`
	LogGroup    string `json:"logGroup,omitempty"` // ARN with :* at its end
	Role        string `json:"role,omitempty"`     // ARN
	KMSKey      string `json:"kmsKey,omitempty"`   // ARN

	// Of Selectors and Advanced one at most is there; without both the default holds.
	Selectors []types.EventSelector         `json:"selectors,omitempty"`
	Advanced  []types.AdvancedEventSelector `json:"advanced,omitempty"`
	Insights  []types.InsightSelector       `json:"insights,omitempty"`

	Logging bool `json:"logging"`
	// Started and Stopped are of the last StartLogging and StopLogging.
	Started time.Time `json:"started,omitzero"`
	Stopped time.Time `json:"stopped,omitzero"`
	// Earlier is when it logged before that: records of then may still be on
	// their way.
	Earlier span `json:"earlier,omitzero"`
	// Chain grows when a new chain of digests has to begin.
	Chain int `json:"chain"`
}

// A span is a stretch of time, both ends included.
type span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

func (s span) holds(at time.Time) bool {
	return !s.From.IsZero() && !at.Before(s.From) && !at.After(s.To)
}

// logged tells whether the trail logged at a time, which is in whole milliseconds.
func (t Trail) logged(at time.Time) bool {
	now := span{t.Started.Truncate(time.Millisecond), t.Stopped}
	if t.Logging {
		now.To = at
	}
	return now.holds(at) || t.Earlier.holds(at)
}

var (
	// Trails are the trails by name, in their account and home Region.
	Trails = state.Kind[Trail]("trail")
	// ending are trails that were deleted and have something left to deliver, by ID.
	ending = state.Kind[Trail]("trail-ending")
)

type trail = state.Resource[Trail]

// digests is the trail as its digests name it, for the log files of a Region.
func digests(t trail, region string) digest.Trail {
	name := t.Name
	if a, ok := parseARN(t.Value.ARN); ok {
		name = a.name
	}
	return digest.Trail{Prefix: t.Value.Prefix, Account: t.Account, Region: region, Name: name, Home: t.Region}
}

// trailARN is the ARN of a trail.
func trailARN(in state.Scope, name string) string {
	return "arn:" + in.Partition + ":cloudtrail:" + in.Region + ":" + in.Account + ":trail/" + name
}

// An arn is the ARN of a trail or channel.
type arn struct {
	state.Scope
	kind, name string
}

func parseARN(text string) (arn, bool) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || parts[2] != "cloudtrail" {
		return arn{}, false
	}
	kind, name, ok := strings.Cut(parts[5], "/")
	return arn{state.Scope{Partition: parts[1], Region: parts[3], Account: parts[4]}, kind, name}, ok && name != ""
}

// checkName tells what is wrong with the name of a trail [API Reference, CreateTrail].
func checkName(name string) error {
	fail := func(format string, args ...any) error {
		return &types.InvalidTrailNameException{Message: text(format, args...)}
	}
	letter := func(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' }
	switch {
	case name == "":
		return fail("Trail name cannot be blank!")
	case len(name) < 3:
		return fail("Trail name too short. Minimum allowed length: 3 characters. Specified name length: %d characters.", len(name))
	case len(name) > 128:
		return fail("Trail name too long. Maximum allowed length: 128 characters. Specified name length: %d characters.", len(name))
	case !trailName.MatchString(name):
		return fail("Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).")
	case !letter(name[0]):
		return fail("Trail name must starts with a letter or number.")
	case !letter(name[len(name)-1]):
		return fail("Trail name must ends with a letter or number.")
	}
	for i := 1; i < len(name); i++ {
		if !letter(name[i]) && !letter(name[i-1]) {
			return fail("Trail name cannot have adjacent periods, hyphens or underscores.")
		}
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return fail("Trail name cannot be formatted as an IP address.")
	}
	return nil
}

var trailName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// unknownTrail says that there is no such trail.
func unknownTrail(in state.Scope, arn string) error {
	return &types.TrailNotFoundException{Message: text("Unknown trail: %s for the user: %s", arn, in.Account)}
}

// find is the trail that a caller calls by its name or ARN. To write is done in
// the home Region only; what reads may name a multi-Region trail by its ARN
// everywhere.
//
// UNSURE: what is told of a write in another Region.
func find(ctx context.Context, tx *state.Tx, in state.Scope, name *string, write bool) (trail, error) {
	asked := value(name)
	if asked == "" {
		return trail{}, &types.TrailNotProvidedException{Message: text("You must specify the name or the ARN of a trail.")}
	}
	at, called := in, asked
	if strings.HasPrefix(asked, "arn:") {
		a, ok := parseARN(asked)
		if !ok || a.kind != "trail" {
			return trail{}, &types.CloudTrailARNInvalidException{Message: text("Invalid ARN %s: expected arn:%s:cloudtrail:%s:%s:trail/NAME.", asked, in.Partition, in.Region, in.Account)}
		}
		if a.Account != in.Account || a.Partition != in.Partition {
			// Of others' trails only those of an organization could be seen.
			return trail{}, unknownTrail(in, asked)
		}
		at.Region, called = a.Region, a.name
	}
	if err := checkName(called); err != nil {
		return trail{}, err
	}
	t, err := Trails.Get(ctx, tx, at, called)
	found, err := state.Exists(err)
	switch {
	case err != nil:
		return trail{}, err
	case found && (at.Region == in.Region || t.Value.MultiRegion && !write):
		return t, nil
	case found && t.Value.MultiRegion:
		return trail{}, &types.InvalidHomeRegionException{Message: text("The trail %s can be changed in its home region %s only.", t.Value.ARN, t.Region)}
	case at.Region != in.Region:
		return trail{}, &types.CloudTrailARNInvalidException{Message: text("Region in ARN is wrong, you can only access resources in region %s.", in.Region)}
	default:
		return trail{}, unknownTrail(in, trailARN(at, called))
	}
}

// change changes a trail in its home Region.
func (s *Service) change(ctx context.Context, name *string, f func(context.Context, *state.Tx, *trail) error) (t trail, err error) {
	in := service.CallerOf(ctx).Scope
	err = s.o.State.Update(ctx, func(tx *state.Tx) error {
		if t, err = find(ctx, tx, in, name, true); err != nil {
			return err
		}
		if err := f(ctx, tx, &t); err != nil {
			return err
		}
		t, err = Trails.Put(ctx, tx, t)
		return err
	})
	return t, conflict(err)
}

// read reads a trail.
func (s *Service) read(ctx context.Context, name *string) (t trail, err error) {
	in := service.CallerOf(ctx).Scope
	err = s.o.State.View(ctx, func(tx *state.Tx) error {
		t, err = find(ctx, tx, in, name, false)
		return err
	})
	return t, err
}

// conflict says that somebody else was faster.
func conflict(err error) error {
	if errors.Is(err, state.ErrChanged) {
		return &types.ConflictException{Message: text("The trail was changed by another request at the same time; try again.")}
	}
	return err
}
