package synth

// writeCalls are the changes of ordinary days; none of them concerns a CIS control.
var writeCalls = []callRow{
	{name: "ssm.UpdateInstanceInformation", traits: write | general, params: `{"instanceId":"<instance>","agentVersion":"3.3.987.0","agentStatus":"Active","platformType":"Linux","agentName":"amazon-ssm-agent","iPAddress":"10.0.<n:0-3>.<n:4-250:b>"}`},
	{
		name: "ssm.PutParameter", traits: write, params: `{"name":"<parameter>","type":"SecureString","overwrite":true,"value":"HIDDEN_DUE_TO_SECURITY_REASONS"}`,
		gives: `{"version":<n:2-60>,"tier":"Standard"}`, fails: "ParameterAlreadyExists|The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
	},
	{
		name: "ssm.SendCommand", traits: write | general,
		params: `{"instanceIds":["<instance>"],"documentName":"AWS-RunShellScript","timeoutSeconds":600,"comment":"rotate logs","parameters":"HIDDEN_DUE_TO_SECURITY_REASONS","interactive":false}`,
		gives:  `{"command":{"commandId":"<guid:command>","documentName":"AWS-RunShellScript","documentVersion":"$DEFAULT","comment":"rotate logs","expiresAfter":"<date>","instanceIds":["<instance>"],"targets":[],"status":"Pending","statusDetails":"Pending","maxConcurrency":"50","maxErrors":"0","targetCount":1,"completedCount":0,"errorCount":0,"serviceRole":"","timeoutSeconds":600}}`,
	},
	{name: "logs.CreateLogStream", traits: write, params: `{"logGroupName":"<loggroup>","logStreamName":"2026/03/03/[$LATEST]<hex:32>"}`},
	{name: "logs.CreateLogGroup", traits: write, params: `{"logGroupName":"<loggroup>"}`, fails: "ResourceAlreadyExistsException|The specified log group already exists"},
	{
		name: "lambda.UpdateFunctionCode20150331v2", traits: write, params: `{"functionName":"<function>","s3Bucket":"<bucket>","s3Key":"<function>/<hex:40>.zip","publish":false,"dryRun":false}`,
		gives: `{"functionName":"<function>","functionArn":"arn:aws:lambda:<region>:<account>:function:<function>","runtime":"python3.12","role":"arn:aws:iam::<account>:role/<role>","handler":"app.handler","codeSize":<n:90000-9000000>,` +
			`"description":"","timeout":30,"memorySize":512,"lastModified":"<time>","codeSha256":"<b64:43>=","version":"$LATEST","environment":{},"tracingConfig":{"mode":"PassThrough"},"revisionId":"<guid:revision>","layers":[],` +
			`"state":"Active","lastUpdateStatus":"InProgress","packageType":"Zip","architectures":["arm64"],"ephemeralStorage":{"size":512}}`,
	},
	{
		name: "ecs.RegisterTaskDefinition", traits: write,
		params: `{"family":"shop-api","taskRoleArn":"arn:aws:iam::<account>:role/<role>","networkMode":"awsvpc","containerDefinitions":[{"name":"api","image":"<account>.dkr.ecr.<region>.amazonaws.com/<repo>:<hex:7>","cpu":512,"memory":1024,"essential":true,` +
			`"portMappings":[{"containerPort":8080,"hostPort":8080,"protocol":"tcp"}],"environment":[{"name":"STAGE","value":"prod"},{"name":"CITY","value":"<city>"}],"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/ecs/shop-api","awslogs-region":"<region>","awslogs-stream-prefix":"api"}}}],"requiresCompatibilities":["FARGATE"],"cpu":"512","memory":"1024"}`,
		gives: `{"taskDefinition":{"taskDefinitionArn":"arn:aws:ecs:<region>:<account>:task-definition/shop-api:<n:80-120>","family":"shop-api","revision":<n:80-120>,"status":"ACTIVE","requiresAttributes":[{"name":"com.amazonaws.ecs.capability.logging-driver.awslogs"},{"name":"ecs.capability.execution-role-awslogs"},{"name":"ecs.capability.task-eni"}],"compatibilities":["EC2","FARGATE"],"registeredAt":"<date>","registeredBy":"<arn>"}}`,
	},
	{
		name: "ecs.UpdateService", traits: write, params: `{"cluster":"<cluster>","service":"shop-api","taskDefinition":"shop-api:<n:80-120>","desiredCount":4}`,
		gives: `{"service":{"serviceArn":"arn:aws:ecs:<region>:<account>:service/<cluster>/shop-api","serviceName":"shop-api","status":"ACTIVE","desiredCount":4,"runningCount":4,"pendingCount":0,"launchType":"FARGATE","deployments":[{"id":"ecs-svc/<n:1000000000-9999999999>","status":"PRIMARY","desiredCount":4,"pendingCount":0,"runningCount":0,"failedTasks":0,"rolloutState":"IN_PROGRESS"}]}}`,
	},
	{name: "ecs.SubmitTaskStateChange", traits: write, params: `{"cluster":"<cluster>","task":"arn:aws:ecs:<region>:<account>:task/<cluster>/<hex:32>","status":"RUNNING"}`, gives: `{"acknowledgment":"ok"}`},
	{
		name: "cloudformation.CreateChangeSet", traits: write,
		params: `{"stackName":"<stack>","changeSetName":"deploy-<hex:8>","changeSetType":"UPDATE","capabilities":["CAPABILITY_NAMED_IAM"],"parameters":[{"parameterKey":"ImageTag","parameterValue":"<hex:7>"},{"parameterKey":"City","parameterValue":"<city>"}],"tags":[{"key":"team","value":"shop"}]}`,
		gives:  `{"id":"arn:aws:cloudformation:<region>:<account>:changeSet/deploy-<hex:8>/<guid:set>","stackId":"arn:aws:cloudformation:<region>:<account>:stack/<stack>/<guid:stack>"}`,
	},
	{name: "cloudformation.ExecuteChangeSet", traits: write, params: `{"changeSetName":"arn:aws:cloudformation:<region>:<account>:changeSet/deploy-<hex:8>/<guid:set>"}`},
	{name: "ecr.PutImage", traits: write, params: `{"repositoryName":"<repo>","imageManifest":"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"size\":7682,\"digest\":\"sha256:<hex:64:config>\"},\"layers\":[{\"size\":29153321,\"digest\":\"sha256:<hex:64:layer>\"}]}","imageTag":"<hex:7>"}`},
	{name: "ecr.InitiateLayerUpload", traits: write, params: `{"repositoryName":"<repo>"}`, gives: `{"uploadId":"<guid:upload>","partSize":10485760}`},
	{
		name: "ec2.CreateSnapshot", traits: write, params: `{"volumeId":"<volume>","description":"nightly","tagSpecificationSet":{"items":[{"resourceType":"snapshot","tags":[{"key":"Name","value":"nightly-<volume>"}]}]}}`,
		gives: `{"requestId":"<guid:request>","snapshotId":"snap-0<hex:16>","volumeId":"<volume>","status":"pending","startTime":<ms>,"progress":"","ownerId":"<account>","volumeSize":"100","description":"nightly","encrypted":true,"tagSet":{"items":[{"key":"Name","value":"nightly-<volume>"}]}}`,
	},
	{name: "ec2.DeleteSnapshot", traits: write, params: `{"snapshotId":"<snapshot>"}`, gives: `{"requestId":"<guid:request>","_return":true}`, fails: "Client.InvalidSnapshot.InUse|The snapshot <snapshot> is currently in use by <image>"},
	{name: "ec2.CreateTags", traits: write, params: `{"resourcesSet":{"items":[{"resourceId":"<instance>"}]},"tagSet":{"items":[{"key":"Patch Group","value":"<pick:even|odd>"},{"key":"City","value":"<city>"}]}}`, gives: `{"requestId":"<guid:request>","_return":true}`},
	{name: "ec2.CreateNetworkInterface", traits: write, params: `{"subnetId":"<subnet>","description":"aws-K8S","groupSet":{"items":[{"groupId":"<group>"}]},"privateIpAddressesSet":{},"clientToken":"<guid:token>"}`, gives: `{"requestId":"<guid:request>","networkInterface":{"networkInterfaceId":"eni-0<hex:16>","subnetId":"<subnet>","vpcId":"<vpc>","availabilityZone":"<region>a","description":"aws-K8S","ownerId":"<account>","requesterManaged":false,"status":"pending","macAddress":"06:<hex:2>:<hex:2:b>:4f:91:2d","privateIpAddress":"10.0.1.<n:4-250>","sourceDestCheck":true,"interfaceType":"interface","groupSet":{"items":[{"groupId":"<group>","groupName":"shop-nodes"}]},"tagSet":{}}}`},
	{name: "ec2.DeleteNetworkInterface", traits: write, params: `{"networkInterfaceId":"<eni>"}`, gives: `{"requestId":"<guid:request>","_return":true}`, fails: "Client.InvalidNetworkInterfaceID.NotFound|The networkInterface ID '<eni>' does not exist"},
	{
		name: "ec2.RunInstances", traits: write,
		params: `{"instancesSet":{"items":[{"imageId":"<image>","minCount":1,"maxCount":1}]},"instanceType":"<type>","blockDeviceMapping":{},"monitoring":{"enabled":false},"disableApiTermination":false,"clientToken":"<guid:token>","launchTemplate":{"launchTemplateName":"shop-nodes","version":"<n:10-30>"}}`,
		gives: `{"requestId":"<guid:request>","reservationId":"r-0<hex:16:r>","ownerId":"<account>","groupSet":{},"instancesSet":{"items":[{"instanceId":"<instance>","imageId":"<image>","instanceState":{"code":0,"name":"pending"},"privateDnsName":"ip-10-0-1-<n:4-250>.<region>.compute.internal","amiLaunchIndex":0,"productCodes":{},` +
			`"instanceType":"<type>","launchTime":<ms>,"placement":{"availabilityZone":"<region>a","tenancy":"default"},"monitoring":{"state":"disabled"},"subnetId":"<subnet>","vpcId":"<vpc>","privateIpAddress":"10.0.1.<n:4-250>","stateReason":{"code":"pending","message":"pending"},"architecture":"x86_64","rootDeviceType":"ebs","rootDeviceName":"/dev/xvda","blockDeviceMapping":{},"virtualizationType":"hvm","hypervisor":"xen",` +
			`"tagSet":{"items":[{"key":"aws:autoscaling:groupName","value":"shop-nodes"},{"key":"Name","value":"shop-node"}]},"clientToken":"<guid:token>","groupSet":{"items":[{"groupId":"<group>","groupName":"shop-nodes"}]},"sourceDestCheck":true,"networkInterfaceSet":{"items":[{"networkInterfaceId":"<eni>","subnetId":"<subnet>","vpcId":"<vpc>","ownerId":"<account>","status":"in-use",` +
			`"attachment":{"attachmentId":"eni-attach-0<hex:16:a>","deviceIndex":0,"networkCardIndex":0,"status":"attaching","attachTime":<ms>,"deleteOnTermination":true},"privateIpAddressesSet":{"item":[{"privateIpAddress":"10.0.1.<n:4-250>","primary":true}]}}]},"ebsOptimized":false,"enclaveOptions":{"enabled":false},"metadataOptions":{"state":"pending","httpTokens":"required","httpPutResponseHopLimit":2,"httpEndpoint":"enabled"}}]},"requesterId":"<n:100000000000-999999999999>"}`,
		fails: "Client.VcpuLimitExceeded|You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
	},
	{name: "ec2.TerminateInstances", traits: write, params: `{"instancesSet":{"items":[{"instanceId":"<instance>"}]}}`, gives: `{"requestId":"<guid:request>","instancesSet":{"items":[{"instanceId":"<instance>","currentState":{"code":32,"name":"shutting-down"},"previousState":{"code":16,"name":"running"}}]}}`},
	{name: "rds.CreateDBSnapshot", traits: write, params: `{"dBInstanceIdentifier":"<database>","dBSnapshotIdentifier":"nightly-<hex:6>"}`, gives: `{"dBSnapshotIdentifier":"nightly-<hex:6>","dBInstanceIdentifier":"<database>","engine":"postgres","allocatedStorage":200,"status":"creating","port":5432,"availabilityZone":"<region>a","vpcId":"<vpc>","masterUsername":"shop","engineVersion":"16.4","licenseModel":"postgresql-license","snapshotType":"manual","percentProgress":0,"storageType":"gp3","encrypted":true,"kmsKeyId":"arn:aws:kms:<region>:<account>:key/<kmskey>","dBSnapshotArn":"arn:aws:rds:<region>:<account>:snapshot:nightly-<hex:6>","tagList":[]}`},
	{name: "autoscaling.SetDesiredCapacity", traits: write, params: `{"autoScalingGroupName":"shop-nodes","desiredCapacity":<n:2-9>,"honorCooldown":true}`},
	{name: "elasticloadbalancing.RegisterTargets", traits: write, params: `{"targetGroupArn":"arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/shop-api/6d0ecf831eec9f09","targets":[{"id":"10.0.1.<n:4-250>","port":8080}]}`},
	{name: "elasticloadbalancing.DeregisterTargets", traits: write, params: `{"targetGroupArn":"arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/shop-api/6d0ecf831eec9f09","targets":[{"id":"10.0.1.<n:4-250>","port":8080}]}`},
	{name: "route53.ChangeResourceRecordSets", traits: write, params: `{"hostedZoneId":"Z<up:20>","changeBatch":{"changes":[{"action":"UPSERT","resourceRecordSet":{"name":"api.example.com.","type":"A","aliasTarget":{"hostedZoneId":"Z32O12XQLNTSW2","dNSName":"shop-api-1234.<region>.elb.amazonaws.com","evaluateTargetHealth":true}}}]}}`, gives: `{"changeInfo":{"id":"/change/C<up:20>","status":"PENDING","submittedAt":"<date>"}}`},
	{name: "cloudfront.CreateInvalidation", traits: write, params: `{"distributionId":"E<up:13>","invalidationBatch":{"callerReference":"<guid:ref>","paths":{"quantity":1,"items":["/*"]}}}`},
	{name: "config.PutEvaluations", traits: write, params: `{"evaluations":[{"complianceResourceType":"AWS::EC2::Volume","complianceResourceId":"<volume>","complianceType":"<pick:COMPLIANT|COMPLIANT|NON_COMPLIANT>","orderingTimestamp":"<date>"}],"resultToken":"<b64:120>","testMode":false}`, gives: `{"failedEvaluations":[]}`},
	{
		name: "signin.ConsoleLogin", traits: write | signIn, gives: `{"ConsoleLogin":"<outcome>"}`, fails: "|Failed authentication",
		extra: `{"LoginTo":"https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&state=hashArgsFromTB_eu-west-1_<hex:16>","MobileVersion":"No","MFAUsed":"<mfa>"}`,
	},
	{name: "signin.CheckMfa", traits: write | signIn, gives: `{"CheckMfa":"Success"}`, extra: `{"MfaType":"Virtual MFA"}`},
}

// dataCalls are calls on single objects, items and functions, and those of AWS's own log delivery.
var dataCalls = []callRow{
	{name: "s3.GetObject", traits: data, params: `{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"<object>"}`, fails: "NoSuchKey|The specified key does not exist."},
	{name: "s3.HeadObject", traits: data, params: `{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"<object>"}`, fails: "NoSuchKey|The specified key does not exist."},
	{name: "s3.ListObjects", traits: data, params: `{"list-type":"2","bucketName":"<bucket>","encoding-type":"url","max-keys":"1000","prefix":"exports/","delimiter":"/","Host":"<bucket>.s3.<region>.amazonaws.com"}`},
	{name: "s3.PutObject", traits: data | write, params: `{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"<object>"}`, gives: `{"x-amz-server-side-encryption":"AES256"}`},
	{name: "s3.DeleteObject", traits: data | write, params: `{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"<object>"}`},
	{name: "s3.DeleteObjects", traits: data | write, params: `{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","delete":""}`},
	{name: "s3.HeadBucket", params: `{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"}`},
	{
		name: "s3.PutObject log delivery", traits: data | write,
		params: `{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","x-amz-acl":"bucket-owner-full-control","x-amz-server-side-encryption":"aws:kms","x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:<region>:<account>:key/<kmskey>",` +
			`"key":"AWSLogs/<account>/CloudTrail/<region>/2026/03/03/<account>_CloudTrail_<region>_20260303T<n:10-23>00Z_<an:16>.json.gz","accessControlList":{"x-amz-grant-full-control":"bucket-owner"}}`,
		gives: `{"x-amz-server-side-encryption":"aws:kms","x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:<region>:<account>:key/<kmskey>"}`,
	},
	{
		name: "s3.PutObject access log", traits: data | write,
		params: `{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","key":"AWSLogs/<account>/elasticloadbalancing/<region>/<an:16>.log.gz","x-amz-acl":"bucket-owner-full-control"}`,
		fails:  "AccessDenied|Access Denied",
	},
	{name: "dynamodb.GetItem", traits: data, params: `{"tableName":"<table>","key":{"pk":"HIDDEN_DUE_TO_SECURITY_REASONS"},"consistentRead":false,"returnConsumedCapacity":"NONE"}`},
	{name: "dynamodb.Query", traits: data, params: `{"tableName":"<table>","indexName":"by-day","keyConditionExpression":"#d = :d","expressionAttributeNames":{"#d":"day"},"limit":100,"scanIndexForward":false}`},
	{name: "dynamodb.UpdateItem", traits: data | write, params: `{"tableName":"<table>","key":{"pk":"HIDDEN_DUE_TO_SECURITY_REASONS"},"expressionAttributeNames":{"#s":"status"},"returnValues":"NONE"}`, fails: "ConditionalCheckFailedException|The conditional request failed"},
	{name: "dynamodb.DescribeTable", params: `{"tableName":"<table>"}`},
	{name: "lambda.Invoke", traits: data | write, params: `{"functionName":"arn:aws:lambda:<region>:<account>:function:<function>","invocationType":"<pick:Event|RequestResponse>"}`, extra: `{"customerEniId":"<eni>"}`},
}
