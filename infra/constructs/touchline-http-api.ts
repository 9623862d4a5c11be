import { CfnStage, HttpApi, HttpMethod, HttpNoneAuthorizer } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib/core";
import { Construct } from "constructs";
import { type FunctionName, type Route, routes } from "../../shared/http/routes.ts";
import { pascalCase } from "../functions.ts";

export interface TouchlineHttpApiProps {
  stage: string;
}

/** Requests a second of the whole API; the burst is what may come at once. Beyond, API Gateway answers 429. */
const throttling = { throttlingRateLimit: 1000, throttlingBurstLimit: 2000 };

// Neither path, query string, address nor agent: a path may hold a person's token, a query string a write key.
const accessLogFormat = JSON.stringify({
  time: "$context.requestTime",
  requestId: "$context.requestId",
  route: "$context.routeKey",
  status: "$context.status",
  responseBytes: "$context.responseLength",
  milliseconds: "$context.responseLatency",
  functionMilliseconds: "$context.integrationLatency",
  error: "$context.error.message",
  integrationError: "$context.integrationErrorMessage",
  authorizerError: "$context.authorizer.error",
});

/** The HTTP API. It exists before its routes, because some functions are told its address. */
export class TouchlineHttpApi extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, { stage }: TouchlineHttpApiProps) {
    super(scope, id);
    this.api = new HttpApi(this, "Api", {
      apiName: `touchline-${stage}`,
      description: "Touchline",
      createDefaultStage: false,
    });
    const logGroup = new LogGroup(this, "AccessLog", {
      // Log groups under this prefix share one entry in the account's log resource policy, whose size is limited.
      logGroupName: `/aws/vendedlogs/touchline-${stage}-http`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new CfnStage(this, "Stage", {
      apiId: this.api.apiId,
      stageName: "$default",
      autoDeploy: true,
      defaultRouteSettings: throttling,
      accessLogSettings: {
        destinationArn: Stack.of(this).formatArn({
          service: "logs",
          resource: `log-group:${logGroup.logGroupName}`,
        }),
        format: accessLogFormat,
      },
    });
  }

  /** Makes every route of the route table. Routes for roles pass the authorizer, the others check for themselves. */
  addRoutes(functionOf: (name: FunctionName) => IFunction): void {
    const authorizer = new HttpLambdaAuthorizer("KeyAuthorizer", functionOf("authorizer"), {
      authorizerName: "key",
      identitySource: ["$request.header.Authorization"],
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      // How long a revoked key may still be let in.
      resultsCacheTtl: Duration.seconds(60),
    });
    const none = new HttpNoneAuthorizer();
    const integrations = new Map<FunctionName, HttpLambdaIntegration>();
    const integrationOf = (name: FunctionName): HttpLambdaIntegration => {
      const known = integrations.get(name);
      if (known) return known;
      const integration = new HttpLambdaIntegration(`${pascalCase(name)}Integration`, functionOf(name), {
        // One permission for the API, not one for each route: a function's policy may have 20 KB.
        scopePermissionToRoute: false,
      });
      integrations.set(name, integration);
      return integration;
    };
    for (const route of routes as readonly Route[]) {
      this.api.addRoutes({
        path: route.path,
        methods: [HttpMethod[route.method]],
        integration: integrationOf(route.function),
        authorizer: Array.isArray(route.access) ? authorizer : none,
      });
    }
  }
}
