package cloudtrail

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"tocsin/store/state"
)

// PutEventSelectors says which events a trail takes. One kind of selectors
// replaces the other.
func (s *Service) PutEventSelectors(ctx context.Context, in *cloudtrail.PutEventSelectorsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.PutEventSelectorsOutput, error) {
	var basic []types.EventSelector
	var advanced []types.AdvancedEventSelector
	var err error
	switch {
	case in.EventSelectors != nil && in.AdvancedEventSelectors != nil:
		err = invalidSelectors("You can specify either event selectors or advanced event selectors, but not both.")
	case in.AdvancedEventSelectors != nil:
		advanced, err = checkAdvanced(in.AdvancedEventSelectors)
	case in.EventSelectors != nil:
		basic, err = checkBasic(in.EventSelectors)
	default:
		err = invalidSelectors("You must specify event selectors or advanced event selectors.")
	}
	if err != nil {
		return nil, err
	}
	t, err := s.change(ctx, in.TrailName, func(_ context.Context, _ *state.Tx, t *trail) error {
		t.Value.Selectors, t.Value.Advanced = basic, advanced
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.forgetInterest()
	return &cloudtrail.PutEventSelectorsOutput{TrailARN: &t.Value.ARN, EventSelectors: basic, AdvancedEventSelectors: advanced}, nil
}

// GetEventSelectors tells which events a trail takes.
func (s *Service) GetEventSelectors(ctx context.Context, in *cloudtrail.GetEventSelectorsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.GetEventSelectorsOutput, error) {
	t, err := s.read(ctx, in.TrailName)
	if err != nil {
		return nil, err
	}
	out := &cloudtrail.GetEventSelectorsOutput{TrailARN: &t.Value.ARN, AdvancedEventSelectors: t.Value.Advanced}
	if t.Value.Advanced == nil {
		out.EventSelectors = t.Value.basic()
	}
	return out, nil
}

// basic are the basic selectors in force.
func (t Trail) basic() []types.EventSelector {
	if t.Selectors == nil {
		return []types.EventSelector{filled(types.EventSelector{})}
	}
	return t.Selectors
}

// filled is a selector with the defaults of what it does not say.
func filled(s types.EventSelector) types.EventSelector {
	if s.ReadWriteType == "" {
		s.ReadWriteType = types.ReadWriteTypeAll
	}
	if s.IncludeManagementEvents == nil {
		s.IncludeManagementEvents = flag(true)
	}
	if s.DataResources == nil {
		s.DataResources = []types.DataResource{}
	}
	if s.ExcludeManagementEventSources == nil {
		s.ExcludeManagementEventSources = []string{}
	}
	return s
}

// hasCustomSelectors tells whether the selectors are others than the default.
func (t Trail) hasCustomSelectors() bool {
	if t.Advanced != nil {
		return true
	}
	if len(t.Selectors) != 1 {
		return t.Selectors != nil
	}
	s := t.Selectors[0]
	return s.ReadWriteType != types.ReadWriteTypeAll || !*s.IncludeManagementEvents || len(s.DataResources) > 0 || len(s.ExcludeManagementEventSources) > 0
}

// PutInsightSelectors says which unusual activity a trail tells of; an empty
// list switches it off. They are kept, but nothing is watched here.
func (s *Service) PutInsightSelectors(ctx context.Context, in *cloudtrail.PutInsightSelectorsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.PutInsightSelectorsOutput, error) {
	if value(in.EventDataStore) != "" || value(in.InsightsDestination) != "" {
		return nil, &types.UnsupportedOperationException{Message: text("Event data stores are not supported; name a trail by TrailName.")}
	}
	if in.InsightSelectors == nil {
		return nil, &types.InvalidInsightSelectorsException{Message: text("You must specify insight selectors; an empty list switches Insights off.")}
	}
	seen := map[types.InsightType]bool{}
	for _, i := range in.InsightSelectors {
		if i.InsightType != types.InsightTypeApiCallRateInsight && i.InsightType != types.InsightTypeApiErrorRateInsight || seen[i.InsightType] {
			return nil, &types.InvalidInsightSelectorsException{Message: text("The insight type %q is not valid, or given twice. Valid insight types: ApiCallRateInsight, ApiErrorRateInsight.", i.InsightType)}
		}
		seen[i.InsightType] = true
		for _, c := range i.EventCategories {
			if c != types.SourceEventCategoryManagement && c != types.SourceEventCategoryData {
				return nil, &types.InvalidInsightSelectorsException{Message: text("The event category %q is not valid. Valid event categories: Management, Data.", c)}
			}
		}
	}
	t, err := s.change(ctx, in.TrailName, func(_ context.Context, _ *state.Tx, t *trail) error {
		t.Value.Insights = in.InsightSelectors
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &cloudtrail.PutInsightSelectorsOutput{TrailARN: &t.Value.ARN, InsightSelectors: in.InsightSelectors}, nil
}

// GetInsightSelectors tells which unusual activity a trail tells of.
func (s *Service) GetInsightSelectors(ctx context.Context, in *cloudtrail.GetInsightSelectorsInput, _ ...func(*cloudtrail.Options)) (*cloudtrail.GetInsightSelectorsOutput, error) {
	if value(in.EventDataStore) != "" {
		return nil, &types.UnsupportedOperationException{Message: text("Event data stores are not supported; name a trail by TrailName.")}
	}
	t, err := s.read(ctx, in.TrailName)
	if err != nil {
		return nil, err
	}
	if len(t.Value.Insights) == 0 {
		return nil, &types.InsightNotEnabledException{Message: text("Trail %s does not have Insights enabled. Edit the trail settings to enable Insights, and then try the operation again.", t.Value.ARN)}
	}
	return &cloudtrail.GetInsightSelectorsOutput{TrailARN: &t.Value.ARN, InsightSelectors: t.Value.Insights}, nil
}
