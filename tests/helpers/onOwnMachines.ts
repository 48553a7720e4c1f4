import { ownConfigurationFile } from "./ownMachines";

/** Imported first: the lab's commands in this file are about the stack on machines that it did not make. */
process.env.LAB_CONFIG = ownConfigurationFile;
