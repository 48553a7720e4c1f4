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

/** Tests of a folder that build on a lab. */
function inLab(name) {
    return {
        ...common,
        displayName: name,
        testMatch: [`<rootDir>/tests/${name}/**/*.test.ts`],
        testEnvironment: "<rootDir>/tests/helpers/labEnvironment.ts",
        globalSetup: "<rootDir>/tests/helpers/labUp.ts",
        globalTeardown: "<rootDir>/tests/helpers/labDown.ts",
    };
}

module.exports = {
    // Only what hangs; a busy computer is no failure.
    testTimeout: 60_000,
    testSequencer: "<rootDir>/tests/sequencer.mjs",
    projects: [
        { ...common, displayName: "unit", testMatch: ["<rootDir>/tests/unit/**/*.test.ts"] },
        inLab("lab"),
        // What takes too long for every change.
        inLab("long"),
    ],
};
