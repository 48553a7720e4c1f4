"use strict";

/** What both projects share: types are checked by `npm run check`, so tests only strip them. */
const common = {
    testEnvironment: "node",
    transform: {
        "^.+\\.ts$": ["ts-jest", { tsconfig: "tests/tsconfig.json", diagnostics: false }],
    },
    // lab/ is ESM for Node's own type stripping; jest runs CommonJS, where import.meta is not to be had.
    moduleNameMapper: { "^\\..*/root\\.ts$": "<rootDir>/tests/helpers/root.ts" },
};

module.exports = {
    testSequencer: "<rootDir>/tests/sequencer.mjs",
    projects: [
        { ...common, displayName: "unit", testMatch: ["<rootDir>/tests/unit/**/*.test.ts"] },
        {
            ...common,
            displayName: "lab",
            testMatch: ["<rootDir>/tests/lab/**/*.test.ts"],
            globalSetup: "<rootDir>/tests/helpers/labUp.ts",
            globalTeardown: "<rootDir>/tests/helpers/labDown.ts",
        },
    ],
};
