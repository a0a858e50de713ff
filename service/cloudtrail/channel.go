package cloudtrail

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/service"
	"tocsin/store/state"
)

// A Channel takes events from outside AWS by PutAuditEvents. They go to the
// operator's own log group, whatever event data store it names.
type Channel struct {
	ID           string              `json:"id"`
	Source       string              `json:"source"`
	Destinations []types.Destination `json:"destinations"`
	Ingested     time.Time           `json:"ingested,omitzero"` // the last event
}

// Channels are the channels by name, in their account and Region.
var Channels = state.Kind[Channel]("trail-channel")

// maxChannels is how many channels of one source an account has.
const maxChannels = 200

var channelName = regexp.MustCompile(`^[A-Za-z0-9._-]{3,128}$`)

func channelARN(c state.Resource[Channel]) string {
	return "arn:" + c.Partition + ":cloudtrail:" + c.Region + ":" + c.Account + ":channel/" + c.Value.ID
}

// findChannel is the channel of an ARN, or of its id.
func findChannel(ctx context.Context, tx *state.Tx, in state.Scope, given string) (state.Resource[Channel], error) {
	var none state.Resource[Channel]
	id := given
	if strings.HasPrefix(given, "arn:") {
		a, ok := parseARN(given)
		if !ok || a.kind != "channel" {
			return none, &types.ChannelARNInvalidException{Message: text("The channel ARN %.200s is not valid.", given)}
		}
		id, in = a.name, a.Scope
	}
	all, err := Channels.All(ctx, tx, in)
	if err != nil {
		return none, err
	}
	for _, c := range all {
		if c.Value.ID == id {
			return c, nil
		}
	}
	return none, &types.ChannelNotFoundException{Message: text("The channel %.200s was not found.", given)}
}

// CreateChannel makes a channel.
func (s *Service) CreateChannel(ctx context.Context, in *cloudtrail.CreateChannelInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.CreateChannelOutput, error) {
	c := service.CallerOf(ctx)
	switch {
	case !channelName.MatchString(value(in.Name)):
		return nil, &types.InvalidParameterException{Message: text("The channel name %.140q is not valid: 3 to 128 letters, numbers, periods, hyphens and underscores.", value(in.Name))}
	case value(in.Source) != "Custom":
		return nil, &types.InvalidSourceException{Message: text("The source %.100q is not supported; use Custom.", value(in.Source))}
	case len(in.Destinations) == 0:
		return nil, &types.InvalidParameterException{Message: text("A channel needs a destination.")}
	}
	for _, d := range in.Destinations {
		if d.Type != types.DestinationTypeEventDataStore || value(d.Location) == "" {
			return nil, &types.InvalidParameterException{Message: text("The destination of a channel has the type EVENT_DATA_STORE and a location.")}
		}
	}
	tags, err := checkTags(in.Tags)
	if err != nil {
		return nil, err
	}
	made := state.Resource[Channel]{Scope: c.Scope, Name: *in.Name, Created: s.o.Now(), Value: Channel{ID: s.o.NewID(), Source: "Custom", Destinations: in.Destinations}}
	arn := channelARN(made)
	err = s.o.State.Update(ctx, func(tx *state.Tx) error {
		all, err := Channels.All(ctx, tx, state.Scope{Account: c.Account, Region: "*"})
		if err != nil {
			return err
		}
		if len(all) >= maxChannels {
			return &types.ChannelMaxLimitExceededException{Message: text("The account has %d channels already.", maxChannels)}
		}
		if _, err := Channels.Put(ctx, tx, made); err != nil {
			return err
		}
		return tx.Tag(ctx, arn, tags)
	})
	if errors.Is(err, state.ErrChanged) {
		err = &types.ChannelAlreadyExistsException{Message: text("A channel with the name %s already exists.", made.Name)}
	}
	if err != nil {
		return nil, err
	}
	return &cloudtrail.CreateChannelOutput{ChannelArn: &arn, Name: &made.Name, Source: &made.Value.Source, Destinations: in.Destinations, Tags: in.Tags}, nil
}

// GetChannel tells the settings of a channel.
func (s *Service) GetChannel(ctx context.Context, in *cloudtrail.GetChannelInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.GetChannelOutput, error) {
	var c state.Resource[Channel]
	err := s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		c, err = findChannel(ctx, tx, service.CallerOf(ctx).Scope, value(in.Channel))
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &cloudtrail.GetChannelOutput{ChannelArn: text("%s", channelARN(c)), Name: &c.Name, Source: &c.Value.Source, Destinations: c.Value.Destinations}
	if !c.Value.Ingested.IsZero() {
		out.IngestionStatus = &types.IngestionStatus{LatestIngestionSuccessTime: &c.Value.Ingested, LatestIngestionAttemptTime: &c.Value.Ingested}
	}
	return out, nil
}

// ListChannels names the channels of the account and Region.
func (s *Service) ListChannels(ctx context.Context, in *cloudtrail.ListChannelsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.ListChannelsOutput, error) {
	most := 1000
	if in.MaxResults != nil {
		if most = int(*in.MaxResults); most < 1 || most > 1000 {
			return nil, &types.InvalidParameterException{Message: text("MaxResults is %d; it must be from 1 to 1000.", most)}
		}
	}
	var all []state.Resource[Channel]
	err := s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		all, err = Channels.All(ctx, tx, service.CallerOf(ctx).Scope)
		return err
	})
	if err != nil {
		return nil, err
	}
	// The token is the name that the page before ended with.
	after := value(in.NextToken)
	all = slices.DeleteFunc(all, func(c state.Resource[Channel]) bool { return c.Name <= after })
	out := &cloudtrail.ListChannelsOutput{Channels: []types.Channel{}}
	for i, c := range all {
		if i == most {
			out.NextToken = &all[i-1].Name
			break
		}
		out.Channels = append(out.Channels, types.Channel{ChannelArn: text("%s", channelARN(c)), Name: &c.Name})
	}
	return out, nil
}

// DeleteChannel removes a channel.
func (s *Service) DeleteChannel(ctx context.Context, in *cloudtrail.DeleteChannelInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.DeleteChannelOutput, error) {
	err := s.o.State.Update(ctx, func(tx *state.Tx) error {
		c, err := findChannel(ctx, tx, service.CallerOf(ctx).Scope, value(in.Channel))
		if err != nil {
			return err
		}
		if err := Channels.Delete(ctx, tx, c.Scope, c.Name); err != nil {
			return err
		}
		return tx.DropTags(ctx, channelARN(c))
	})
	if err != nil {
		return nil, err
	}
	return &cloudtrail.DeleteChannelOutput{}, nil
}
