// validatorUrl null: Swagger UI would else show a badge that an outside server draws.
SwaggerUIBundle({ url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });
