package model_test

import (
	cloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	cloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	iam "github.com/aws/aws-sdk-go-v2/service/iam/types"
	sns "github.com/aws/aws-sdk-go-v2/service/sns/types"
	sts "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

// The modelled errors of each service, all of them.
var cloudtrailErrors = []smithy.APIError{
	&cloudtrail.AccessDeniedException{}, &cloudtrail.AccountHasOngoingImportException{}, &cloudtrail.AccountNotFoundException{},
	&cloudtrail.AccountNotRegisteredException{}, &cloudtrail.AccountRegisteredException{}, &cloudtrail.CannotDelegateManagementAccountException{},
	&cloudtrail.ChannelAlreadyExistsException{}, &cloudtrail.ChannelARNInvalidException{}, &cloudtrail.ChannelExistsForEDSException{},
	&cloudtrail.ChannelMaxLimitExceededException{}, &cloudtrail.ChannelNotFoundException{}, &cloudtrail.CloudTrailAccessNotEnabledException{},
	&cloudtrail.CloudTrailARNInvalidException{}, &cloudtrail.CloudTrailInvalidClientTokenIdException{},
	&cloudtrail.CloudWatchLogsDeliveryUnavailableException{}, &cloudtrail.ConcurrentModificationException{}, &cloudtrail.ConflictException{},
	&cloudtrail.DelegatedAdminAccountLimitExceededException{}, &cloudtrail.EventDataStoreAlreadyExistsException{},
	&cloudtrail.EventDataStoreARNInvalidException{}, &cloudtrail.EventDataStoreFederationEnabledException{},
	&cloudtrail.EventDataStoreHasOngoingImportException{}, &cloudtrail.EventDataStoreMaxLimitExceededException{},
	&cloudtrail.EventDataStoreNotFoundException{}, &cloudtrail.EventDataStoreTerminationProtectedException{}, &cloudtrail.GenerateResponseException{},
	&cloudtrail.ImportNotFoundException{}, &cloudtrail.InactiveEventDataStoreException{}, &cloudtrail.InactiveQueryException{},
	&cloudtrail.InsightNotEnabledException{}, &cloudtrail.InsufficientDependencyServiceAccessPermissionException{},
	&cloudtrail.InsufficientEncryptionPolicyException{}, &cloudtrail.InsufficientIAMAccessPermissionException{},
	&cloudtrail.InsufficientS3BucketPolicyException{}, &cloudtrail.InsufficientSnsTopicPolicyException{},
	&cloudtrail.InvalidCloudWatchLogsLogGroupArnException{}, &cloudtrail.InvalidCloudWatchLogsRoleArnException{},
	&cloudtrail.InvalidDateRangeException{}, &cloudtrail.InvalidEventCategoryException{}, &cloudtrail.InvalidEventDataStoreCategoryException{},
	&cloudtrail.InvalidEventDataStoreStatusException{}, &cloudtrail.InvalidEventSelectorsException{}, &cloudtrail.InvalidHomeRegionException{},
	&cloudtrail.InvalidImportSourceException{}, &cloudtrail.InvalidInsightSelectorsException{}, &cloudtrail.InvalidKmsKeyIdException{},
	&cloudtrail.InvalidLookupAttributesException{}, &cloudtrail.InvalidMaxResultsException{}, &cloudtrail.InvalidNextTokenException{},
	&cloudtrail.InvalidParameterCombinationException{}, &cloudtrail.InvalidParameterException{}, &cloudtrail.InvalidQueryStatementException{},
	&cloudtrail.InvalidQueryStatusException{}, &cloudtrail.InvalidS3BucketNameException{}, &cloudtrail.InvalidS3PrefixException{},
	&cloudtrail.InvalidSnsTopicNameException{}, &cloudtrail.InvalidSourceException{}, &cloudtrail.InvalidTagParameterException{},
	&cloudtrail.InvalidTimeRangeException{}, &cloudtrail.InvalidTokenException{}, &cloudtrail.InvalidTrailNameException{}, &cloudtrail.KmsException{},
	&cloudtrail.KmsKeyDisabledException{}, &cloudtrail.KmsKeyNotFoundException{}, &cloudtrail.MaxConcurrentQueriesException{},
	&cloudtrail.MaximumNumberOfTrailsExceededException{}, &cloudtrail.NoManagementAccountSLRExistsException{},
	&cloudtrail.NotOrganizationManagementAccountException{}, &cloudtrail.NotOrganizationMasterAccountException{},
	&cloudtrail.OperationNotPermittedException{}, &cloudtrail.OrganizationNotInAllFeaturesModeException{}, &cloudtrail.OrganizationsNotInUseException{},
	&cloudtrail.QueryIdNotFoundException{}, &cloudtrail.ResourceARNNotValidException{}, &cloudtrail.ResourceNotFoundException{},
	&cloudtrail.ResourcePolicyNotFoundException{}, &cloudtrail.ResourcePolicyNotValidException{}, &cloudtrail.ResourceTypeNotSupportedException{},
	&cloudtrail.S3BucketDoesNotExistException{}, &cloudtrail.ServiceQuotaExceededException{}, &cloudtrail.TagsLimitExceededException{},
	&cloudtrail.ThrottlingException{}, &cloudtrail.TrailAlreadyExistsException{}, &cloudtrail.TrailNotFoundException{},
	&cloudtrail.TrailNotProvidedException{}, &cloudtrail.UnsupportedOperationException{},
}

var cloudwatchErrors = []smithy.APIError{
	&cloudwatch.ConcurrentModificationException{}, &cloudwatch.ConflictException{}, &cloudwatch.DashboardInvalidInputError{},
	&cloudwatch.DashboardNotFoundError{}, &cloudwatch.InternalServiceFault{}, &cloudwatch.InvalidFormatFault{}, &cloudwatch.InvalidNextToken{},
	&cloudwatch.InvalidParameterCombinationException{}, &cloudwatch.InvalidParameterValueException{}, &cloudwatch.KmsAccessDeniedException{},
	&cloudwatch.KmsKeyDisabledException{}, &cloudwatch.KmsKeyNotFoundException{}, &cloudwatch.LimitExceededException{},
	&cloudwatch.LimitExceededFault{}, &cloudwatch.MissingRequiredParameterException{}, &cloudwatch.ResourceConflict{}, &cloudwatch.ResourceNotFound{},
	&cloudwatch.ResourceNotFoundException{}, &cloudwatch.ValidationException{},
}

var logsErrors = []smithy.APIError{
	&logs.AccessDeniedException{}, &logs.ConflictException{}, &logs.DataAlreadyAcceptedException{}, &logs.InternalServerException{},
	&logs.InternalStreamingException{}, &logs.InvalidOperationException{}, &logs.InvalidParameterException{}, &logs.InvalidSequenceTokenException{},
	&logs.LimitExceededException{}, &logs.MalformedQueryException{}, &logs.OperationAbortedException{}, &logs.ResourceAlreadyExistsException{},
	&logs.ResourceNotFoundException{}, &logs.ServiceQuotaExceededException{}, &logs.ServiceUnavailableException{}, &logs.SessionStreamingException{},
	&logs.SessionTimeoutException{}, &logs.ThrottlingException{}, &logs.TooManyTagsException{}, &logs.UnrecognizedClientException{},
	&logs.ValidationException{},
}

var iamErrors = []smithy.APIError{
	&iam.AccountNotManagementOrDelegatedAdministratorException{}, &iam.CallerIsNotManagementAccountException{}, &iam.ConcurrentModificationException{},
	&iam.CredentialReportExpiredException{}, &iam.CredentialReportNotPresentException{}, &iam.CredentialReportNotReadyException{},
	&iam.DeleteConflictException{}, &iam.DuplicateCertificateException{}, &iam.DuplicateSSHPublicKeyException{}, &iam.EntityAlreadyExistsException{},
	&iam.EntityTemporarilyUnmodifiableException{}, &iam.FeatureDisabledException{}, &iam.FeatureEnabledException{},
	&iam.InvalidAuthenticationCodeException{}, &iam.InvalidCertificateException{}, &iam.InvalidInputException{}, &iam.InvalidPublicKeyException{},
	&iam.InvalidUserTypeException{}, &iam.KeyPairMismatchException{}, &iam.LimitExceededException{}, &iam.MalformedCertificateException{},
	&iam.MalformedPolicyDocumentException{}, &iam.NameConflictException{}, &iam.NoSuchEntityException{}, &iam.OpenIdIdpCommunicationErrorException{},
	&iam.OrganizationNotFoundException{}, &iam.OrganizationNotInAllFeaturesModeException{}, &iam.PasswordPolicyViolationException{},
	&iam.PolicyEvaluationException{}, &iam.PolicyNotAttachableException{}, &iam.ReportGenerationLimitExceededException{}, &iam.RoleModifiedException{},
	&iam.RoleTemplateDisabledException{}, &iam.ServiceAccessNotEnabledException{}, &iam.ServiceFailureException{}, &iam.ServiceNotSupportedException{},
	&iam.UnmodifiableEntityException{}, &iam.UnrecognizedPublicKeyEncodingException{},
}

var snsErrors = []smithy.APIError{
	&sns.AuthorizationErrorException{}, &sns.BatchEntryIdsNotDistinctException{}, &sns.BatchRequestTooLongException{}, &sns.ConcurrentAccessException{},
	&sns.EmptyBatchRequestException{}, &sns.EndpointDisabledException{}, &sns.FilterPolicyLimitExceededException{}, &sns.InternalErrorException{},
	&sns.InvalidBatchEntryIdException{}, &sns.InvalidParameterException{}, &sns.InvalidParameterValueException{}, &sns.InvalidSecurityException{},
	&sns.InvalidStateException{}, &sns.KMSAccessDeniedException{}, &sns.KMSDisabledException{}, &sns.KMSInvalidStateException{},
	&sns.KMSNotFoundException{}, &sns.KMSOptInRequired{}, &sns.KMSThrottlingException{}, &sns.NotFoundException{}, &sns.OptedOutException{},
	&sns.PlatformApplicationDisabledException{}, &sns.ReplayLimitExceededException{}, &sns.ResourceNotFoundException{}, &sns.StaleTagException{},
	&sns.SubscriptionLimitExceededException{}, &sns.TagLimitExceededException{}, &sns.TagPolicyException{}, &sns.ThrottledException{},
	&sns.TooManyEntriesInBatchRequestException{}, &sns.TopicLimitExceededException{}, &sns.UserErrorException{}, &sns.ValidationException{},
	&sns.VerificationException{},
}

var stsErrors = []smithy.APIError{
	&sts.ExpiredTokenException{}, &sts.ExpiredTradeInTokenException{}, &sts.IDPCommunicationErrorException{}, &sts.IDPRejectedClaimException{},
	&sts.InvalidAuthorizationMessageException{}, &sts.InvalidIdentityTokenException{}, &sts.JWTPayloadSizeExceededException{},
	&sts.MalformedPolicyDocumentException{}, &sts.OutboundWebIdentityFederationDisabledException{}, &sts.PackedPolicyTooLargeException{},
	&sts.RegionDisabledException{}, &sts.SessionDurationEscalationException{},
}
